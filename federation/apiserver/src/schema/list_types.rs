//! Duplicates in lists of type `set` and `map`, reported as upstream reports them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::rules::shown;
use super::{At, ListType, Path};
use crate::status::{FieldError, FieldErrorKind};

/// Longest list that is compared item by item; longer ones pay for a set of texts.
const PAIRWISE: usize = 16;

/// Reports every item that repeats an earlier one.
pub(crate) fn duplicates(items: &[Value], at: At<'_>, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    if items.len() < 2 {
        return;
    }
    match &at.list_type {
        ListType::Atomic => {}
        ListType::Set => repeated(items, path, errors, |a, b| a == b, Value::clone),
        ListType::Map(keys) => {
            let Some(item_schema) = at.item() else { return };
            let same = |a: &Value, b: &Value| {
                keys.iter().all(|name| key_field(a, name, item_schema) == key_field(b, name, item_schema))
            };
            repeated(items, path, errors, same, |item| Value::Object(key_of(item, keys, item_schema)));
        }
    }
}

fn repeated(
    items: &[Value],
    path: &Path<'_>,
    errors: &mut Vec<FieldError>,
    same: impl Fn(&Value, &Value) -> bool,
    identity: impl Fn(&Value) -> Value,
) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let twice = if items.len() <= PAIRWISE {
            items[..index].iter().any(|earlier| same(earlier, item))
        } else {
            !seen.insert(identity(item).to_string())
        };
        if twice {
            let error = FieldError::new(FieldErrorKind::Duplicate, path.index(index).to_string(), "");
            errors.push(error.shown(shown(&identity(item))));
        }
    }
}

/// One key field of an item, or its default.
fn key_field<'a>(item: &'a Value, name: &str, at: At<'a>) -> Option<&'a Value> {
    item.get(name).or_else(|| at.default_of(name))
}

/// The key fields of a list-map item, with defaults filled in.
pub(crate) fn key_of(item: &Value, keys: &[Box<str>], at: At<'_>) -> Map<String, Value> {
    let mut key = Map::new();
    for name in keys {
        if let Some(value) = key_field(item, name, at) {
            key.insert(name.to_string(), value.clone());
        }
    }
    key
}
