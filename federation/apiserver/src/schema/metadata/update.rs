//! What an update may not change in metadata.

use serde_json::Value;

use super::{field, invalid};
use crate::status::{FieldError, FieldErrorKind};

/// Checks the change of `metadata` from `old` to `new`: identity is immutable, generation does not
/// go back, and no finalizer is added to an object that is being deleted.
pub fn validate_update(new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let get = |object: &'_ Value, name: &str| object.pointer(&format!("/metadata/{name}")).cloned();
    if get(old, "deletionTimestamp").is_some_and(|time| !time.is_null()) {
        new_finalizers(get(new, "finalizers"), get(old, "finalizers"), &mut errors);
    }
    let number = |value: Option<Value>| value.and_then(|value| value.as_i64()).unwrap_or_default();
    if number(get(new, "generation")) < number(get(old, "generation")) {
        let shown = get(new, "generation").unwrap_or_default();
        errors.push(invalid(&field("generation"), &shown, "must not be decremented"));
    }
    for name in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let (is, was) = (get(new, name).filter(|v| !v.is_null()), get(old, name).filter(|v| !v.is_null()));
        if is != was {
            errors.push(invalid(&field(name), &is.unwrap_or_default(), "field is immutable"));
        }
    }
    errors
}

fn new_finalizers(new: Option<Value>, old: Option<Value>, errors: &mut Vec<FieldError>) {
    let list = |value: Option<Value>| match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let old = list(old);
    let mut extra: Vec<String> =
        list(new).into_iter().filter(|name| !old.contains(name)).map(|name| name.to_string()).collect();
    if extra.is_empty() {
        return;
    }
    extra.sort();
    let detail = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
        extra.join(", ")
    );
    errors.push(FieldError::new(FieldErrorKind::Forbidden, field("finalizers"), detail));
}
