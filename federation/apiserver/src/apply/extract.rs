//! Which fields a value mentions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::element::PathElement;
use super::fieldset::FieldSet;
use super::items::elements;
use super::shape::{Shape, field, shape};
use crate::schema::{At, Schema};

/// The set of all leaf fields and list items in `value`, as an apply of it would own them.
///
/// # Errors
/// A text naming the field when a list item has no key, or two items have the same.
pub fn field_set(value: &Value, schema: &Schema) -> Result<FieldSet, String> {
    extract(Some(schema.at()), value, true).map(|(_, below)| below)
}

/// As [`field_set`], for stored objects: what cannot be addressed counts as a leaf.
pub(super) fn field_set_of_live(value: &Value, at: At<'_>) -> FieldSet {
    extract(Some(at), value, false).map(|(_, below)| below).unwrap_or_default()
}

/// Whether the value itself is a leaf, and the paths below it.
fn extract(at: Option<At<'_>>, value: &Value, strict: bool) -> Result<(bool, FieldSet), String> {
    match (shape(at, value), value, at) {
        (Shape::Map, Value::Object(map), _) => {
            let mut set = FieldSet { entries: Vec::with_capacity(map.len()) };
            for (name, value) in map {
                let (leaf, below) =
                    extract(field(at, name), value, strict).map_err(|why| format!(".{name}{why}"))?;
                let declared = at.is_some_and(|at| at.property(name).is_some());
                let empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
                set.push(PathElement::field(name), leaf || empty || !declared, below);
            }
            Ok((false, set))
        }
        (Shape::List, Value::Array(items), Some(at)) => match elements(at, items) {
            Ok(elements) => list(at, items, elements, strict),
            Err(why) if strict => Err(format!(": {why}")),
            Err(_) => Ok((true, FieldSet::new())),
        },
        (Shape::Map | Shape::List, _, _) => Ok((false, FieldSet::new())),
        (Shape::Leaf, _, _) => Ok((true, FieldSet::new())),
    }
}

fn list(
    at: At<'_>,
    items: &[Value],
    elements: Vec<PathElement>,
    strict: bool,
) -> Result<(bool, FieldSet), String> {
    let twice = repeated(&elements);
    if let (true, Some(element)) = (strict, twice.first()) {
        return Err(format!(": duplicate entries for key {element}"));
    }
    let mut set = FieldSet { entries: Vec::with_capacity(items.len()) };
    for (element, item) in elements.into_iter().zip(items) {
        let below = if twice.contains(&element) {
            FieldSet::new()
        } else {
            extract(at.item(), item, strict).map_err(|why| format!("{element}{why}"))?.1
        };
        set.push(element, true, below);
    }
    Ok((false, set))
}

/// Every path of a value that exists on one side only, containers included.
pub(super) fn everything(at: Option<At<'_>>, value: &Value) -> FieldSet {
    let mut set = FieldSet::new();
    match (shape(at, value), value, at) {
        (Shape::Map, Value::Object(map), _) => {
            for (name, value) in map {
                set.push(PathElement::field(name), true, everything(field(at, name), value));
            }
        }
        (Shape::List, Value::Array(items), Some(at)) => {
            let elements = elements(at, items).unwrap_or_default();
            let twice = repeated(&elements);
            for (element, item) in elements.into_iter().zip(items) {
                let below =
                    if twice.contains(&element) { FieldSet::new() } else { everything(at.item(), item) };
                set.push(element, true, below);
            }
        }
        _ => {}
    }
    set
}

/// The elements that stand more than once; such items are owned as one, without their parts.
fn repeated(elements: &[PathElement]) -> BTreeSet<PathElement> {
    if elements.len() < 2 {
        return BTreeSet::new();
    }
    let mut seen = BTreeSet::new();
    elements.iter().filter(|element| !seen.insert(*element)).cloned().collect()
}
