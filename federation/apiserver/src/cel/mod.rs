//! CEL rules of schemas (`x-kubernetes-validations`): compiled once, evaluated under a budget.
//!
//! `kube-cel` is used rather than `cel` 0.15 alone, because rules rely on the Kubernetes libraries
//! (quantity, ip, cidr, url, format, …) that only it brings; its `cel` (0.13) is the interpreter.
//! The interpreter has no limit of its own, so every loop step of a compiled rule pays into a
//! [`Budget`] first: no expression can stall the server.

mod budget;
mod convert;
mod program;
mod rule;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::schema::{At, Path};
use crate::status::{FieldError, FieldErrorKind};

pub use budget::Budget;
pub use program::{Program, ProgramError};
pub use rule::{Rule, RuleError};

/// Evaluates all rules at and below `at`, and appends what fails.
///
/// `old` is the corresponding part of the stored object: transition rules need it, and rules over
/// parts that did not change are left out (ratcheting).
pub(crate) fn check(
    value: &Value,
    old: Option<&Value>,
    at: At<'_>,
    path: &Path<'_>,
    budget: &mut Budget,
    errors: &mut Vec<FieldError>,
) {
    if !at.rules_below || value.is_null() {
        return;
    }
    if !at.rules.is_empty() {
        rule::check(value, old, at, path, budget, errors);
    }
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if let Some(child) = at.child(name) {
                    let old = old.and_then(|old| old.get(name));
                    check(value, old, child, &path.field(name), budget, errors);
                }
            }
        }
        Value::Array(items) => {
            let Some(item_schema) = at.item() else { return };
            for (index, item) in items.iter().enumerate() {
                let old = crate::schema::correlate_item(old, item, at);
                check(item, old, item_schema, &path.index(index), budget, errors);
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Null => {}
    }
}

fn out_of_budget(path: &Path<'_>) -> FieldError {
    const WHY: &str =
        "validation failed due to running out of cost budget, no further validation rules will be run";
    FieldError::new(FieldErrorKind::Invalid, path.to_string(), WHY)
}
