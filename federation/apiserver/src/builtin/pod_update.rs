//! What an update may change in a pod: images, and a few fields beside them.

use serde_json::{Map, Value, json};

use super::parts::{forbidden, invalid, len, list, required, text};
use crate::status::FieldError;

const MAY_CHANGE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
     `spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be \
     set to 1 if it was previously negative)";

/// Compares two pod specs, as upstream's `ValidatePodUpdate` does.
pub(super) fn validate(new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for field in ["containers", "initContainers"] {
        if len(&new[field]) != len(&old[field]) {
            return vec![forbidden(format!("spec.{field}"), "pod updates may not add or remove containers")];
        }
        for (i, container) in list(&new[field]).iter().enumerate() {
            let path = format!("spec.{field}[{i}].image");
            let image = text(&container["image"]);
            if image.is_empty() {
                errors.push(required(&path, ""));
            } else if image.trim() != image {
                errors.push(invalid(
                    path,
                    &container["image"],
                    "must not have leading or trailing whitespace",
                ));
            }
        }
    }
    errors.extend(deadline(&new["activeDeadlineSeconds"], &old["activeDeadlineSeconds"]));
    errors.extend(tolerations(new, old));
    errors.extend(gates(new, old));
    let changed = changed_fields(new, old);
    if !changed.is_empty() {
        let words =
            format!("pod updates may not change fields other than {MAY_CHANGE}\n{}", changed.join("\n"));
        errors.push(forbidden("spec", words));
    }
    errors
}

fn deadline(new: &Value, old: &Value) -> Option<FieldError> {
    const PATH: &str = "spec.activeDeadlineSeconds";
    match (new.as_i64(), old.as_i64()) {
        (Some(n), _) if !(0..=i64::from(i32::MAX)).contains(&n) => {
            Some(invalid(PATH, new, "must be between 0 and 2147483647, inclusive"))
        }
        (Some(n), Some(o)) if o < n => {
            Some(invalid(PATH, new, "must be less than or equal to previous value"))
        }
        (None, Some(_)) => Some(invalid(PATH, new, "must not update from a positive integer to nil value")),
        _ => None,
    }
}

fn tolerations(new: &Value, old: &Value) -> Option<FieldError> {
    let kept = list(&old["tolerations"]).iter().all(|toleration| {
        list(&new["tolerations"]).iter().any(|candidate| {
            let but_seconds = |value: &Value| {
                let mut map = value.as_object().cloned().unwrap_or_default();
                map.remove("tolerationSeconds");
                map
            };
            but_seconds(candidate) == but_seconds(toleration)
        })
    });
    let why = "existing toleration can not be modified except its tolerationSeconds";
    (!kept).then(|| forbidden("spec.tolerations", why))
}

fn gates(new: &Value, old: &Value) -> Vec<FieldError> {
    list(&new["schedulingGates"])
        .iter()
        .enumerate()
        .filter(|(_, gate)| !list(&old["schedulingGates"]).contains(gate))
        .map(|(i, _)| {
            let why = "only deletion is allowed, but found new scheduling gate";
            forbidden(format!("spec.schedulingGates[{i}]"), why)
        })
        .collect()
}

/// Fields of the spec that differ though they may not, each with what it was and shall be.
fn changed_fields(new: &Value, old: &Value) -> Vec<String> {
    let (new, old) = (without_free_fields(new, old), without_free_fields(old, old));
    let mut names: Vec<&String> = new.keys().chain(old.keys()).collect();
    names.sort();
    names.dedup();
    let mut lines = Vec::new();
    for name in names {
        let (after, before) = (new.get(name).unwrap_or(&Value::Null), old.get(name).unwrap_or(&Value::Null));
        if after != before {
            lines.push(format!("  - {name}: {before}\n  + {name}: {after}"));
        }
    }
    lines
}

fn without_free_fields(spec: &Value, old: &Value) -> Map<String, Value> {
    let mut map = spec.as_object().cloned().unwrap_or_default();
    for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        map.remove(field);
    }
    let negative = old["terminationGracePeriodSeconds"].as_i64().is_some_and(|n| n < 0);
    if negative && spec["terminationGracePeriodSeconds"] == 1 {
        map.insert("terminationGracePeriodSeconds".into(), old["terminationGracePeriodSeconds"].clone());
    }
    for field in ["containers", "initContainers"] {
        for container in map.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                container.insert("image".into(), json!(""));
            }
        }
    }
    // An empty value and none are the same to Go.
    map.retain(|_, value| !value.is_null() && *value != json!([]) && *value != json!(""));
    map
}
