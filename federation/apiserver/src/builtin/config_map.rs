//! ConfigMaps: keys, size, `immutable`.

use serde_json::Value;

use super::cells;
use super::definitions::Library;
use super::kind::Kind;
use super::parts::{forbidden, invalid};
use crate::resource::{Resource, Strategy, WriteContext};
use crate::status::{FieldError, FieldErrorKind};

/// Bytes of all data of a ConfigMap or Secret: 1 MiB (`MaxSecretSize`).
pub(super) const MOST_BYTES: usize = 1024 * 1024;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("", "configmaps", "ConfigMap", "io.k8s.api.core.v1.ConfigMap")
        .short(&["cm"])
        .column("Data", "string", "Data contains the configuration data.", cells::data_count)
        .age()
        .build(library, ConfigMaps)
}

struct ConfigMaps;

impl Strategy for ConfigMaps {
    fn validate(&self, _ctx: &WriteContext, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut size = 0;
        for field in ["data", "binaryData"] {
            for (key, value) in object[field].as_object().into_iter().flatten() {
                errors.extend(key_errors(field, key));
                size +=
                    value.as_str().map_or(0, |text| if field == "data" { text.len() } else { decoded(text) });
                if field == "binaryData" && object["data"].get(key).is_some() {
                    let path = format!("binaryData[{key}]");
                    errors.push(invalid(path, &key.as_str().into(), "duplicate of key present in data"));
                }
            }
        }
        errors.extend(too_long(size, ""));
        errors.extend(old.into_iter().flat_map(|old| immutable(object, old, &["data", "binaryData"])));
        errors
    }
}

/// What is wrong with a key of `data`.
pub(super) fn key_errors(field: &str, key: &str) -> Vec<FieldError> {
    let path = format!("{field}[{key}]");
    problems_of_key(key).into_iter().map(|why| invalid(path.clone(), &key.into(), why)).collect()
}

/// The rule for keys: `IsConfigMapKey` of upstream.
fn problems_of_key(key: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if key.len() > 253 {
        problems.push("must be no more than 253 bytes".into());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.is_empty() || !key.chars().all(allowed) {
        problems.push(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                .into(),
        );
    }
    if key == "." || key == ".." {
        problems.push(format!("must not be '{key}'"));
    } else if key.starts_with("..") {
        problems.push("must not start with '..'".into());
    }
    problems
}

/// Bytes behind a base64 text.
pub(super) fn decoded(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

/// An error when all data together are over the limit.
pub(super) fn too_long(size: usize, path: &str) -> Option<FieldError> {
    let detail = format!("may not be more than {MOST_BYTES} bytes");
    (size > MOST_BYTES).then(|| FieldError::new(FieldErrorKind::TooLong, path, detail))
}

/// Errors for changes of an object whose `immutable` is true.
pub(super) fn immutable(new: &Value, old: &Value, fields: &[&str]) -> Vec<FieldError> {
    const WHY: &str = "field is immutable when `immutable` is set";
    if old["immutable"] != Value::Bool(true) {
        return Vec::new();
    }
    let mut errors = Vec::new();
    if new["immutable"] != Value::Bool(true) {
        errors.push(forbidden("immutable", WHY));
    }
    for field in fields {
        let empty = |value: &Value| value.as_object().is_none_or(serde_json::Map::is_empty);
        if new[field] != old[field] && !(empty(&new[field]) && empty(&old[field])) {
            errors.push(forbidden(*field, WHY));
        }
    }
    errors
}
