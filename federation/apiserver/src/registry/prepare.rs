//! The steps between a decoded object and the write: default, validate, admit.

use serde_json::Value;

use super::request::Write;
use crate::resource::AdmissionReview;
use crate::schema::metadata;
use crate::status::{ApiResult, FieldError};

/// Everything that can be wrong with `object`. Errors: 422.
pub(super) fn validate(write: &Write, name: &str, object: &Value, old: Option<&Value>) -> ApiResult<()> {
    let resource = &write.kind.stored;
    let mut errors: Vec<FieldError> =
        metadata::validate(object, resource.namespaced, resource.strategy.name_rule());
    if let Some(old) = old {
        errors.extend(metadata::validate_update(object, old));
    }
    errors.extend(resource.validate(&write.ctx, object, old));
    if errors.is_empty() { Ok(()) } else { Err(write.invalid(name, &errors)) }
}

/// Asks every admission in turn. Returns warnings. Errors: the first refusal.
pub(super) async fn admit(
    write: &Write,
    name: &str,
    new: Option<&Value>,
    old: Option<&Value>,
) -> ApiResult<Vec<String>> {
    let mut warnings = Vec::new();
    for admission in &write.core.admissions {
        let review = AdmissionReview {
            resource: &write.kind.stored,
            namespace: &write.namespace,
            name,
            new,
            old,
            ctx: &write.ctx,
            dry_run: write.dry_run,
        };
        warnings.extend(admission.admit(review).await?);
    }
    Ok(warnings)
}
