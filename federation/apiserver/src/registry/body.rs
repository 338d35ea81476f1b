//! From the bytes of a body to an object of the kind of the path.

use bytes::Bytes;
use serde_json::Value;

use super::meta;
use super::request::Write;
use crate::decode::{self, Decoded, FieldValidation};
use crate::http::incoming::Encoding;
use crate::protobuf;
use crate::resource::{Origin, Resource};
use crate::schema;
use crate::status::{ApiError, ApiResult};

/// Reads the object of a POST or PUT. Errors: 400 for what cannot be read.
pub(super) fn decode(encoding: Encoding, body: &Bytes) -> ApiResult<Decoded> {
    match encoding {
        Encoding::Json => decode::json(body),
        Encoding::Yaml => decode::yaml(body),
        Encoding::Protobuf => Ok(Decoded { value: protobuf::decode(body)?, duplicates: Vec::new() }),
    }
}

/// Checks that `object` is of the kind of the path and lies where the path says; fills in what may be left out.
/// `name` is empty on create. Errors: 400.
pub(super) fn match_path(
    resource: &Resource,
    namespace: &str,
    name: &str,
    object: &mut Value,
) -> ApiResult<()> {
    if !object.is_object() {
        return Err(ApiError::bad_request("the body of the request is not an object"));
    }
    kind(resource, object)?;
    let given = meta::text(object, "namespace").to_owned();
    if !given.is_empty() && given != namespace {
        const WHY: &str =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(ApiError::bad_request(WHY));
    }
    if !namespace.is_empty() {
        meta::set(object, "namespace", Some(namespace.into()));
    }
    if name.is_empty() {
        return Ok(());
    }
    match meta::text(object, "name") {
        "" => meta::set(object, "name", Some(name.into())),
        given if given != name => {
            let text =
                format!("the name of the object ({given}) does not match the name on the URL ({name})");
            return Err(ApiError::bad_request(text));
        }
        _ => {}
    }
    Ok(())
}

fn kind(resource: &Resource, object: &mut Value) -> ApiResult<()> {
    let expected = [("apiVersion", resource.api_version()), ("kind", resource.kind.clone())];
    for (field, wanted) in expected {
        match object.get(field).and_then(Value::as_str).unwrap_or_default() {
            "" if resource.origin == Origin::Builtin => object[field] = wanted.into(),
            "" => {
                let what = if field == "kind" { "Kind" } else { "apiVersion" };
                return Err(ApiError::bad_request(format!(
                    "Object '{what}' is missing in the body: expected {wanted}"
                )));
            }
            given if given == wanted => {}
            given if field == "apiVersion" => {
                return Err(ApiError::bad_request(format!(
                    "the API version in the data ({given}) does not match the expected API version ({wanted})"
                )));
            }
            given => {
                return Err(ApiError::bad_request(format!(
                    "the kind in the data ({given}) does not match the expected kind ({wanted})"
                )));
            }
        }
    }
    Ok(())
}

/// Drops unknown fields and decides about them and about duplicate keys as the client asked. Returns warnings.
/// Errors: 400 in strict mode.
pub(super) fn prune(write: &Write, object: &mut Value, duplicates: &[String]) -> ApiResult<Vec<String>> {
    let resource = &write.kind.resource;
    let unknown = schema::prune(object, &resource.schema);
    let mode = FieldValidation::parse(&write.field_validation)?;
    decode::field_validation(mode, (&resource.kind, &resource.version), &unknown, duplicates)
}

/// From the kind of the path to the kind that is stored; nothing for kinds that are no view.
pub(super) fn to_stored(write: &Write, object: &mut Value) {
    if let Some(view) = &write.kind.view {
        (view.to_stored)(object);
    }
}
