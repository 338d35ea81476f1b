//! Removes the fields of a set from an object.

use serde_json::Value;

use super::element::PathElement;
use super::fieldset::FieldSet;
use super::items::elements;
use super::shape::{Shape, field, shape};
use crate::schema::At;

/// Removes the members of `set` from `value`. Containers that lose their last part stay, empty.
pub(super) fn remove(at: Option<At<'_>>, value: &mut Value, set: &FieldSet) {
    if set.is_empty() {
        return;
    }
    match (shape(at, value), value, at) {
        (Shape::Map, Value::Object(map), _) => map.retain(|name, child| {
            let Some(entry) = set.get(&PathElement::field(name)) else { return true };
            if !entry.member {
                remove(field(at, name), child, &entry.below);
            }
            !entry.member
        }),
        (Shape::List, Value::Array(items), Some(at)) => {
            let Ok(elements) = elements(at, items) else { return };
            let mut elements = elements.into_iter();
            items.retain_mut(|item| {
                let Some(entry) = elements.next().and_then(|element| set.get(&element)) else { return true };
                if !entry.member {
                    remove(at.item(), item, &entry.below);
                }
                !entry.member
            });
        }
        // Parts of what is now one value go with it.
        (Shape::Leaf, Value::Object(map), _) => map.clear(),
        (Shape::Leaf, Value::Array(items), _) => items.clear(),
        _ => {}
    }
}
