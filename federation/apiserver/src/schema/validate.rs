//! Validation of an object against its schema.
//!
//! The first pass looks at the new object alone and is all that a good write pays for. Only when it
//! finds problems in an update, a second pass leaves out the parts that did not change (ratcheting).

use serde_json::{Map, Value};

use super::{Additional, At, Kind, Path, Schema, junctors, list_types, ratchet, rules};
use crate::cel;
use crate::status::{FieldError, FieldErrorKind};

/// What one walk over the object looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Types and bounds only: a branch of a junctor.
    SchemaOnly,
    /// Everything.
    Full,
    /// Everything but what is equal in the old object.
    Ratchet,
}

/// Checks `value` against `schema`, structural rules first, CEL rules when those hold. `old` is the
/// stored object on update: transition rules read it, and unchanged invalid parts do not block.
///
/// `metadata` is checked for JSON types here; its own rules are in [`super::metadata`].
pub fn validate(value: &Value, schema: &Schema, old: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    validate_node(value, old, schema.at(), &Path::Root, Pass::Full, &mut errors);
    if !errors.is_empty() && old.is_some() {
        errors.clear();
        validate_node(value, old, schema.at(), &Path::Root, Pass::Ratchet, &mut errors);
    }
    if errors.is_empty() {
        let mut budget = cel::Budget::for_request();
        cel::check(value, old, schema.at(), &Path::Root, &mut budget, &mut errors);
    }
    errors
}

pub(super) fn validate_node(
    value: &Value,
    old: Option<&Value>,
    at: At<'_>,
    path: &Path<'_>,
    pass: Pass,
    errors: &mut Vec<FieldError>,
) {
    if pass == Pass::Ratchet && old == Some(value) {
        return;
    }
    if !rules::check_type(value, at, path, errors) {
        return;
    }
    if let Some(bounds) = &at.bounds {
        rules::check_bounds(value, bounds, path, errors);
        junctors::check(value, at, bounds, path, errors);
    }
    match value {
        Value::Object(map) => object(map, old, at, path, pass, errors),
        Value::Array(items) => list(items, old, at, path, pass, errors),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn object(
    map: &Map<String, Value>,
    old: Option<&Value>,
    at: At<'_>,
    path: &Path<'_>,
    pass: Pass,
    errors: &mut Vec<FieldError>,
) {
    for name in &at.required {
        if !map.contains_key(&**name) {
            errors.push(FieldError::new(FieldErrorKind::Required, path.field(name).to_string(), ""));
        }
    }
    if at.embedded && pass != Pass::SchemaOnly {
        for name in ["apiVersion", "kind"] {
            if map.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                errors.push(FieldError::new(
                    FieldErrorKind::Required,
                    path.field(name).to_string(),
                    "must not be empty",
                ));
            }
        }
    }
    if at.properties.is_empty() && at.additional == Additional::None {
        return;
    }
    for (name, value) in map {
        if let Some(child) = at.child(name) {
            validate_node(value, ratchet::field(old, name), child, &path.field(name), pass, errors);
        }
    }
}

fn list(
    items: &[Value],
    old: Option<&Value>,
    at: At<'_>,
    path: &Path<'_>,
    pass: Pass,
    errors: &mut Vec<FieldError>,
) {
    if pass != Pass::SchemaOnly {
        list_types::duplicates(items, at, path, errors);
    }
    let Some(item_schema) = at.item() else { return };
    if plain(item_schema) {
        return;
    }
    for (index, item) in items.iter().enumerate() {
        let old = if pass == Pass::Ratchet { ratchet::item(old, item, at) } else { None };
        validate_node(item, old, item_schema, &path.index(index), pass, errors);
    }
}

/// Whether nothing below can be wrong.
fn plain(at: At<'_>) -> bool {
    at.kind == Kind::Any && at.bounds.is_none() && at.properties.is_empty() && at.items.is_none()
}
