//! Removes the fields that a schema does not know, and says which they were.

use serde_json::{Map, Value};

use super::{Additional, At, Kind, Path, Schema};

/// Removes unknown fields from `value`. Returns one text per removed field, worded as upstream:
/// `unknown field "spec.foo"`, in the order of the paths.
pub fn prune(value: &mut Value, schema: &Schema) -> Vec<String> {
    let mut unknown = Vec::new();
    prune_node(value, Some(schema.at()), &Path::Root, &mut unknown);
    unknown
}

fn prune_node(value: &mut Value, at: Option<At<'_>>, path: &Path<'_>, unknown: &mut Vec<String>) {
    let Some(at) = at else { return };
    match value {
        Value::Object(map) => prune_map(map, at, path, unknown),
        Value::Array(items) => {
            // A list where the schema has no items is a wrong type; validation says so.
            let Some(item) = at.item() else { return };
            for (index, value) in items.iter_mut().enumerate() {
                prune_node(value, Some(item), &path.index(index), unknown);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn prune_map(map: &mut Map<String, Value>, at: At<'_>, path: &Path<'_>, unknown: &mut Vec<String>) {
    if at.kind == Kind::Any && at.properties.is_empty() {
        return;
    }
    let keeps = at.preserve_unknown || at.additional != Additional::None;
    let mut gone = false;
    for (key, value) in map.iter_mut() {
        match at.child(key) {
            Some(child) => prune_node(value, Some(child), &path.field(key), unknown),
            None if keeps => {}
            None => {
                unknown.push(format!("unknown field \"{}\"", path.field(key)));
                gone = true;
            }
        }
    }
    if gone {
        map.retain(|key, _| at.child(key).is_some());
    }
}
