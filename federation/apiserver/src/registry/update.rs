//! PUT, of the object or of a subresource of it.

use bytes::Bytes;
use serde_json::Value;

use super::create::create_object;
use super::modify::{Managed, modify};
use super::request::{Write, Written};
use super::{body, meta, scale};
use crate::http::incoming::Encoding;
use crate::resource::{Endpoint, Origin};
use crate::status::{ApiResult, FieldError, FieldErrorKind};

/// Replaces the object by the one in the body.
pub(crate) async fn update(write: &mut Write, encoding: Encoding, bytes: &Bytes) -> ApiResult<Written> {
    let resource = write.kind.resource.clone();
    if write.ctx.endpoint == Endpoint::Scale {
        return scale::update(write, encoding, bytes).await;
    }
    let mut decoded = body::decode(encoding, bytes)?;
    body::match_path(&resource, &write.namespace, &write.name, &mut decoded.value)?;
    let warnings = body::prune(write, &mut decoded.value, &decoded.duplicates)?;
    let versionless = meta::text(&decoded.value, "resourceVersion").is_empty();
    if versionless && resource.origin == Origin::Builtin {
        let creates = write.kind.stored.strategy.create_on_update() && write.ctx.endpoint == Endpoint::Main;
        if creates && write.core.current(&write.kind, &write.namespace, &write.name).await?.is_none() {
            let mut object = decoded.value;
            body::to_stored(write, &mut object);
            return create_object(write, object, warnings, true).await;
        }
    }
    let strict = versionless && resource.origin == Origin::Custom;
    let new = decoded.value;
    let change = |live: &Value| {
        if strict {
            const WHY: &str = "must be specified for an update";
            let error = FieldError::new(FieldErrorKind::Invalid, "metadata.resourceVersion", WHY).shown("0");
            return Err(write.invalid(&write.name, &[error]));
        }
        let mut new = new.clone();
        // A client that leaves managedFields out keeps them; an empty list resets them.
        if !meta::meta(&new).contains_key("managedFields") {
            meta::set(&mut new, "managedFields", meta::meta(live).get("managedFields").cloned());
        }
        Ok((new, warnings.clone()))
    };
    modify(write, Managed::Record, &change).await
}
