//! POST of a kind that is answered and not stored.

use bytes::Bytes;
use serde_json::Value;

use super::request::{Reply, Write, Written};
use super::{binding, body, eviction};
use crate::http::incoming::Encoding;
use crate::schema;
use crate::server::review::ReviewRequest;
use crate::status::{ApiError, ApiResult};

/// Validates `object` and hands it to whoever answers its kind. Errors: 405 when nobody does.
pub(super) async fn answer(write: &Write, mut object: Value, warnings: Vec<String>) -> ApiResult<Written> {
    let resource = &write.kind.resource;
    schema::default(&mut object, &resource.schema);
    let errors = resource.validate(&write.ctx, &object, None);
    if !errors.is_empty() {
        return Err(write.invalid("", &errors));
    }
    let document = ask(write, &format!("{}/{}", resource.group, resource.plural), object).await?;
    Ok(Written { code: 201, reply: Reply::Document(document), warnings })
}

/// POST of another kind to a subresource of an object. Errors: 405 when nobody answers it.
pub(crate) async fn post(
    write: &mut Write,
    subresource: &str,
    encoding: Encoding,
    bytes: &Bytes,
) -> ApiResult<Written> {
    let decoded = body::decode(encoding, bytes)?;
    if binding::is_binding(write, subresource) {
        return binding::bind(write, &decoded.value).await;
    }
    if eviction::is_eviction(write, subresource) {
        return eviction::evict(write, &decoded.value).await;
    }
    let resource = &write.kind.resource;
    let what = format!("{}/{}/{subresource}", resource.group, resource.plural);
    let document = ask(write, &what, decoded.value).await?;
    Ok(Written { code: 201, reply: Reply::Document(document), warnings: Vec::new() })
}

/// Hands `object` to whoever answers `what`: `GROUP/PLURAL`, or `GROUP/PLURAL/SUBRESOURCE`.
pub(super) async fn ask(write: &Write, what: &str, object: Value) -> ApiResult<Value> {
    let review = write.core.reviews.get(what).ok_or_else(ApiError::method_not_allowed)?;
    let request = ReviewRequest {
        caller: &write.ctx.caller,
        namespace: &write.namespace,
        name: &write.name,
        object,
        dry_run: write.dry_run,
        now_unix_seconds: write.ctx.now_unix_seconds,
    };
    review.review(request).await
}
