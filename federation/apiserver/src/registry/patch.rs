//! PATCH: which kind of patch, and what it makes of the object.

use bytes::Bytes;
use serde_json::Value;

use super::modify::{Managed, modify};
use super::request::{Write, Written};
use super::{apply, body, scale};
use crate::decode;
use crate::patch::{json_patch, merge_patch, strategic_merge};
use crate::resource::{Endpoint, Origin, Resource};
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// The kinds of patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Strategic merge, for built-in kinds.
    Strategic,
    /// Server-side apply.
    Apply,
}

/// A patch that was read.
pub(super) struct Patch {
    style: Style,
    body: Bytes,
    merge: Value,
    duplicates: Vec<String>,
}

/// Patches the object of the path.
pub(crate) async fn patch(write: &mut Write, media_type: &str, bytes: &Bytes) -> ApiResult<Written> {
    let resource = write.kind.resource.clone();
    let style = style(&resource, media_type)?;
    if style == Style::Apply {
        return apply::apply(write, bytes).await;
    }
    if write.force {
        const WHY: &str = "may not be specified for non-apply patch";
        let error = FieldError::new(FieldErrorKind::Forbidden, "force", WHY);
        return Err(ApiError::invalid("meta.k8s.io", "PatchOptions", "", &[error]));
    }
    let patch = Patch::read(style, bytes)?;
    if write.ctx.endpoint == Endpoint::Scale {
        return scale::patch(write, &patch).await;
    }
    let change = |live: &Value| {
        let mut new = live.clone();
        patch.apply(&mut new, &resource)?;
        let warnings = body::prune(write, &mut new, &patch.duplicates)?;
        Ok((new, warnings))
    };
    modify(write, Managed::Record, &change).await
}

/// Reads the content type. Errors: 415.
fn style(resource: &Resource, media_type: &str) -> ApiResult<Style> {
    match media_type {
        "application/json-patch+json" => Ok(Style::Json),
        "application/merge-patch+json" => Ok(Style::Merge),
        "application/apply-patch+yaml" => Ok(Style::Apply),
        "application/strategic-merge-patch+json" if resource.origin == Origin::Builtin => {
            Ok(Style::Strategic)
        }
        _ => {
            let mut known = vec!["application/json-patch+json", "application/merge-patch+json"];
            known.push("application/apply-patch+yaml");
            if resource.origin == Origin::Builtin {
                known.push("application/strategic-merge-patch+json");
            }
            const WHY: &str =
                "the body of the request was in an unknown format - accepted media types include:";
            Err(ApiError::unsupported_media_type(format!("{WHY} {}", known.join(", "))))
        }
    }
}

impl Patch {
    fn read(style: Style, body: &Bytes) -> ApiResult<Self> {
        let mut patch = Self { style, body: body.clone(), merge: Value::Null, duplicates: Vec::new() };
        if style != Style::Json {
            let decoded = decode::json(body)?;
            if !decoded.value.is_object() {
                return Err(ApiError::bad_request("the patch is not an object"));
            }
            patch.merge = decoded.value;
            patch.duplicates = decoded.duplicates;
        }
        Ok(patch)
    }

    /// Changes `target`, an object of `resource`.
    pub(super) fn apply(&self, target: &mut Value, resource: &Resource) -> ApiResult<()> {
        match self.style {
            Style::Json => json_patch(target, &self.body),
            Style::Merge | Style::Apply => {
                merge_patch(target, self.merge.clone());
                Ok(())
            }
            Style::Strategic => strategic_merge(target, self.merge.clone(), &resource.schema),
        }
    }
}
