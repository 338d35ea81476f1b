//! Duplicates in lists of type `set` and `map`, reported as upstream reports them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::rules::shown;
use super::{At, ListType, Path};
use crate::status::{FieldError, FieldErrorKind};

/// Reports every item that repeats an earlier one.
pub(crate) fn duplicates(items: &[Value], at: At<'_>, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    if items.len() < 2 {
        return;
    }
    match &at.list_type {
        ListType::Atomic => {}
        ListType::Set => repeated(items, path, errors, |item| item.to_string(), Value::clone),
        ListType::Map(keys) => {
            let Some(item_schema) = at.item() else { return };
            let project = |item: &Value| Value::Object(key_of(item, keys, item_schema));
            repeated(items, path, errors, |item| project(item).to_string(), project);
        }
    }
}

fn repeated(
    items: &[Value],
    path: &Path<'_>,
    errors: &mut Vec<FieldError>,
    identity: impl Fn(&Value) -> String,
    show: impl Fn(&Value) -> Value,
) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if !seen.insert(identity(item)) {
            let error = FieldError::new(FieldErrorKind::Duplicate, path.index(index).to_string(), "");
            errors.push(error.shown(shown(&show(item))));
        }
    }
}

/// The key fields of a list-map item, with defaults filled in.
pub(crate) fn key_of(item: &Value, keys: &[Box<str>], at: At<'_>) -> Map<String, Value> {
    let mut key = Map::new();
    for name in keys {
        if let Some(value) = item.get(&**name).or_else(|| at.default_of(name)) {
            key.insert(name.to_string(), value.clone());
        }
    }
    key
}
