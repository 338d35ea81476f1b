//! PATCH with `application/apply-patch+yaml`: server-side apply.

use bytes::Bytes;
use serde_json::Value;

use super::create::create_object;
use super::modify::{Managed, modify};
use super::request::{Write, Written};
use super::{body, managed, meta};
use crate::decode;
use crate::resource::Endpoint;
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// Applies the configuration in the body; creates the object when it is not there.
pub(super) async fn apply(write: &mut Write, bytes: &Bytes) -> ApiResult<Written> {
    if !write.manager_named {
        const WHY: &str = "is required for apply patch";
        let error = FieldError::new(FieldErrorKind::Required, "fieldManager", WHY);
        return Err(ApiError::invalid("meta.k8s.io", "PatchOptions", "", &[error]));
    }
    let mut decoded = decode::yaml(bytes)?;
    let mut config = std::mem::take(&mut decoded.value);
    for field in ["apiVersion", "kind"] {
        if config.get(field).and_then(Value::as_str).unwrap_or_default().is_empty() {
            return Err(ApiError::bad_request(format!("the applied configuration has no {field}")));
        }
    }
    body::match_path(&write.kind.resource, &write.namespace, &write.name, &mut config)?;
    if meta::meta(&config).get("managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    let warnings = body::prune(write, &mut config, &decoded.duplicates)?;
    let existing = write.core.current(&write.kind, &write.namespace, &write.name).await?;
    if existing.is_none() && write.ctx.endpoint == Endpoint::Main {
        refuse_identity(write, &config)?;
        let mut object = managed::merge(write, None, &config)?;
        body::to_stored(write, &mut object);
        match create_object(write, object, warnings.clone(), false).await {
            // Somebody created it in between: apply onto that.
            Err(error) if error.reason() == "AlreadyExists" => {}
            other => return other,
        }
    }
    let change = |live: &Value| {
        let version = meta::text(&config, "resourceVersion");
        if !version.is_empty() && version != meta::text(live, "resourceVersion") {
            return Err(write.modified());
        }
        Ok((managed::merge(write, Some(live), &config)?, warnings.clone()))
    };
    modify(write, Managed::Done, &change).await
}

/// Errors: 409 when the configuration is about an object that must exist.
fn refuse_identity(write: &Write, config: &Value) -> ApiResult<()> {
    let uid = meta::text(config, "uid");
    let resource = &write.kind.resource;
    if !uid.is_empty() {
        let why = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(ApiError::conflict(&resource.group, &resource.plural, &write.name, &why));
    }
    if meta::text(config, "resourceVersion").is_empty() { Ok(()) } else { Err(write.not_found()) }
}
