//! Protobuf request bodies of the built-in kinds, as typed Go clients send them.
//!
//! A body is `k8s\0` and a `runtime.Unknown` around a message of the kind. [`decode`] gives the JSON
//! form that the rest of the server works with. Answers may be JSON: clients accept both.

mod descriptors;
mod json;

use prost_reflect::prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::{Value, json as object};

use crate::status::{ApiError, ApiResult};

/// `Content-Type` of these bodies.
pub const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What every body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// The object in a body. Errors: 400 when the body is cut or garbled, 415 for kinds and encodings that
/// are not decoded.
pub fn decode(body: &[u8]) -> ApiResult<Value> {
    let Some(envelope) = body.strip_prefix(MAGIC) else {
        return Err(ApiError::bad_request(
            "the request body does not begin with the Kubernetes protobuf prefix; send application/json instead",
        ));
    };
    let unknown = message(descriptors::unknown()?, envelope, "runtime.Unknown")?;
    let text = |path: [&str; 2]| match unknown.get_field_by_name(path[0]).as_deref() {
        Some(prost_reflect::Value::Message(inner)) => text_of(inner, path[1]),
        _ => String::new(),
    };
    let (api_version, kind) = (text(["typeMeta", "apiVersion"]), text(["typeMeta", "kind"]));
    let encoding = text_of(&unknown, "contentEncoding");
    let content_type = text_of(&unknown, "contentType");
    if !encoding.is_empty() || !matches!(content_type.as_str(), "" | CONTENT_TYPE) {
        return Err(ApiError::unsupported_media_type(format!(
            "the protobuf envelope holds content of type {content_type:?} and encoding {encoding:?}; \
             send application/json instead"
        )));
    }
    let raw = match unknown.get_field_by_name("raw").as_deref() {
        Some(prost_reflect::Value::Bytes(raw)) => raw.clone(),
        _ => Bytes::new(),
    };
    let what = format!("{kind} of {api_version}");
    let Some(descriptor) = descriptors::of(&api_version, &kind)? else {
        return Err(ApiError::unsupported_media_type(format!(
            "protobuf bodies of {what} are not supported; send application/json instead"
        )));
    };
    let mut value = json::object(&message(descriptor, &raw, &what)?)?;
    if let Value::Object(map) = &mut value {
        map.insert("apiVersion".into(), object!(api_version));
        map.insert("kind".into(), object!(kind));
    }
    Ok(value)
}

fn message(descriptor: MessageDescriptor, bytes: &[u8], what: &str) -> ApiResult<DynamicMessage> {
    DynamicMessage::decode(descriptor, bytes)
        .map_err(|error| ApiError::bad_request(format!("decode the protobuf body as {what}: {error}")))
}

fn text_of(message: &DynamicMessage, field: &str) -> String {
    match message.get_field_by_name(field).as_deref() {
        Some(prost_reflect::Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
