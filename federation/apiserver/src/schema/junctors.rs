//! `allOf`, `anyOf`, `oneOf`, `not`: further schemas that a value must, may, or may not follow.

use serde_json::Value;

use super::validate::{Pass, validate_node};
use super::{At, Bounds, Path};
use crate::status::{FieldError, FieldErrorKind};

/// Checks the junctors of `bounds`.
pub(super) fn check(
    value: &Value,
    at: At<'_>,
    bounds: &Bounds,
    path: &Path<'_>,
    errors: &mut Vec<FieldError>,
) {
    for id in &bounds.all_of {
        validate_node(value, None, at.at(*id), path, Pass::SchemaOnly, errors);
    }
    let follows = |id: &u32| {
        let mut problems = Vec::new();
        validate_node(value, None, at.at(*id), path, Pass::SchemaOnly, &mut problems);
        problems.is_empty()
    };
    if !bounds.any_of.is_empty() && !bounds.any_of.iter().any(follows) {
        errors.push(refuse(path, "must validate at least one schema (anyOf)"));
    }
    if !bounds.one_of.is_empty() {
        match bounds.one_of.iter().filter(|id| follows(id)).count() {
            1 => {}
            0 => errors.push(refuse(path, "must validate one and only one schema (oneOf). Found none valid")),
            many => {
                let words =
                    format!("must validate one and only one schema (oneOf). Found {many} valid alternatives");
                errors.push(refuse(path, &words));
            }
        }
    }
    if bounds.not.as_ref().is_some_and(follows) {
        errors.push(refuse(path, "must not validate the schema (not)"));
    }
}

fn refuse(path: &Path<'_>, rule: &str) -> FieldError {
    let detail = format!("\"{path}\" {rule}");
    FieldError::new(FieldErrorKind::Invalid, path.to_string(), detail).shown("\"\"")
}
