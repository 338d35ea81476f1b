//! The rules of ObjectMeta that hold for every kind, worded as upstream words them
//! (`apimachinery/pkg/api/validation/objectmeta.go`, `pkg/util/validation/validation.go`).

mod names;
#[cfg(test)]
mod tests;
mod update;

use serde_json::{Map, Value};

use super::Path;
use super::rules::shown;
use crate::status::{FieldError, FieldErrorKind};
pub use names::{NameRule, dns1123_label, dns1123_subdomain, label_value, qualified_name};
pub use update::validate_update;

/// Bytes that all annotations of an object may have together, keys included.
pub const TOTAL_ANNOTATION_SIZE: usize = 256 * 1024;

/// Checks `metadata` of `object` on a create or as the new state of an update, after a name was
/// generated. `namespaced` says whether the kind lives in namespaces.
pub fn validate(object: &Value, namespaced: bool, rule: NameRule) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let empty = Map::new();
    let meta = object.get("metadata").and_then(Value::as_object).unwrap_or(&empty);
    let text = |name: &str| meta.get(name).and_then(Value::as_str).unwrap_or_default();
    name(text("name"), text("generateName"), rule, &mut errors);
    namespace(text("namespace"), namespaced, &mut errors);
    if meta.get("generation").and_then(Value::as_i64).is_some_and(|generation| generation < 0) {
        let generation = &meta["generation"];
        errors.push(invalid("metadata.generation", generation, "must be greater than or equal to 0"));
    }
    labels(meta.get("labels"), "metadata.labels", &mut errors);
    annotations(meta.get("annotations"), &mut errors);
    owners(meta.get("ownerReferences"), &mut errors);
    finalizers(meta.get("finalizers"), &mut errors);
    errors
}

pub(super) fn invalid(path: &str, value: &Value, detail: impl Into<String>) -> FieldError {
    FieldError::new(FieldErrorKind::Invalid, path, detail).shown(shown(value))
}

fn invalid_text(path: &str, value: &str, detail: impl Into<String>) -> FieldError {
    invalid(path, &Value::from(value), detail)
}

fn name(name: &str, generate_name: &str, rule: NameRule, errors: &mut Vec<FieldError>) {
    for message in rule.check_prefix(generate_name) {
        errors.push(invalid_text("metadata.generateName", generate_name, message));
    }
    if name.is_empty() {
        const WHY: &str = "name or generateName is required";
        errors.push(FieldError::new(FieldErrorKind::Required, "metadata.name", WHY));
        return;
    }
    for message in rule.check(name) {
        errors.push(invalid_text("metadata.name", name, message));
    }
}

fn namespace(namespace: &str, namespaced: bool, errors: &mut Vec<FieldError>) {
    const PATH: &str = "metadata.namespace";
    match (namespaced, namespace.is_empty()) {
        (true, true) => errors.push(FieldError::new(FieldErrorKind::Required, PATH, "")),
        (true, false) => {
            errors.extend(dns1123_label(namespace).into_iter().map(|why| invalid_text(PATH, namespace, why)));
        }
        (false, true) => {}
        (false, false) => {
            errors.push(FieldError::new(FieldErrorKind::Forbidden, PATH, "not allowed on this type"));
        }
    }
}

/// Checks a map of labels at `path`; also used for label maps inside a spec (pod templates, selectors).
pub fn labels(labels: Option<&Value>, path: &str, errors: &mut Vec<FieldError>) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        errors.extend(qualified_name(key).into_iter().map(|why| invalid_text(path, key, why)));
        let value = value.as_str().unwrap_or_default();
        errors.extend(label_value(value).into_iter().map(|why| invalid_text(path, value, why)));
    }
}

fn annotations(annotations: Option<&Value>, errors: &mut Vec<FieldError>) {
    const PATH: &str = "metadata.annotations";
    let mut size = 0;
    for (key, value) in annotations.and_then(Value::as_object).into_iter().flatten() {
        size += key.len() + value.as_str().map_or(0, str::len);
        let problems = qualified_name(&key.to_lowercase());
        errors.extend(problems.into_iter().map(|why| invalid_text(PATH, key, why)));
    }
    if size > TOTAL_ANNOTATION_SIZE {
        let detail = format!("may not be more than {TOTAL_ANNOTATION_SIZE} bytes");
        errors.push(FieldError::new(FieldErrorKind::TooLong, PATH, detail));
    }
}

fn owners(owners: Option<&Value>, errors: &mut Vec<FieldError>) {
    const PATH: &str = "metadata.ownerReferences";
    let Some(list) = owners.filter(|owners| owners.is_array()) else { return };
    let mut controller: Option<String> = None;
    for owner in list.as_array().into_iter().flatten() {
        let text = |name: &str| owner.get(name).and_then(Value::as_str).unwrap_or_default();
        let api_version = text("apiVersion");
        if api_version.rsplit('/').next().unwrap_or_default().is_empty() {
            errors.push(invalid_text(
                &format!("{PATH}.apiVersion"),
                api_version,
                "version must not be empty",
            ));
        }
        for field in ["kind", "name", "uid"] {
            if text(field).is_empty() {
                errors.push(invalid_text(&format!("{PATH}.{field}"), "", "must not be empty"));
            }
        }
        if (api_version, text("kind")) == ("v1", "Event") {
            errors.push(invalid(PATH, owner, "/v1, Kind=Event is disallowed from being an owner"));
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let this = format!("{}/{}", text("kind"), text("name"));
            match &controller {
                None => controller = Some(this),
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    errors.push(invalid(PATH, list, detail));
                }
            }
        }
    }
}

fn finalizers(finalizers: Option<&Value>, errors: &mut Vec<FieldError>) {
    const PATH: &str = "metadata.finalizers";
    let Some(list) = finalizers.and_then(Value::as_array) else { return };
    for finalizer in list.iter().filter_map(Value::as_str) {
        errors.extend(qualified_name(finalizer).into_iter().map(|why| invalid_text(PATH, finalizer, why)));
    }
    let has = |name: &str| list.iter().any(|finalizer| finalizer == name);
    if has("orphan") && has("foregroundDeletion") {
        const WHY: &str = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(invalid(PATH, &Value::from(list.clone()), WHY));
    }
}

/// The path of `name` under `metadata`.
pub(super) fn field(name: &str) -> String {
    Path::Root.field("metadata").field(name).to_string()
}
