//! Fills defaults and drops nulls that mean nothing.
//!
//! As upstream: a null in a field that is not nullable counts as absent, so it takes the default or
//! goes; defaults apply only inside objects that exist.

use serde_json::{Map, Value};

use super::{Additional, At, Schema};

/// Sets the defaults of `schema` in `value`.
pub fn default(value: &mut Value, schema: &Schema) {
    fill(value, schema.at());
}

fn fill(value: &mut Value, at: At<'_>) {
    match value {
        Value::Object(map) => fill_map(map, at),
        Value::Array(items) => {
            let Some(item) = at.item() else { return };
            for value in items {
                fill(value, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn fill_map(map: &mut Map<String, Value>, at: At<'_>) {
    for (name, id) in &at.properties {
        let child = at.at(*id);
        match map.get_mut(&**name) {
            Some(Value::Null) if !child.nullable => match &child.default {
                Some(default) => {
                    map.insert(name.to_string(), default.clone());
                }
                None if child.kind == super::Kind::Any => continue,
                None => {
                    map.remove(&**name);
                    continue;
                }
            },
            Some(_) => {}
            None => match &child.default {
                Some(default) => {
                    map.insert(name.to_string(), default.clone());
                }
                None => continue,
            },
        }
        if let Some(value) = map.get_mut(&**name) {
            fill(value, child);
        }
    }
    if let Additional::Schema(id) = at.additional {
        let child = at.at(id);
        for (name, value) in map.iter_mut() {
            if !at.properties.contains_key(name.as_str()) {
                fill(value, child);
            }
        }
        if !child.nullable && child.kind != super::Kind::Any {
            map.retain(|name, value| !value.is_null() || at.properties.contains_key(name.as_str()));
        }
    }
}
