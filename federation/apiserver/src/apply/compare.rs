//! What changed between two objects, as field sets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::element::PathElement;
use super::extract::everything;
use super::fieldset::FieldSet;
use super::items::elements;
use super::shape::{Shape, field, shape};
use crate::schema::At;

/// The difference of two objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

impl Comparison {
    /// Whether nothing changed.
    pub(super) fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// The same with `change` done to each set.
    pub(super) fn map(self, change: impl Fn(FieldSet) -> FieldSet) -> Self {
        Self { added: change(self.added), modified: change(self.modified), removed: change(self.removed) }
    }

    /// What the new object sets differently.
    pub(super) fn written(&self) -> FieldSet {
        self.modified.union(&self.added)
    }

    fn take(&mut self, element: PathElement, child: Change) {
        self.added.push(element.clone(), false, child.below.added);
        self.removed.push(element.clone(), false, child.below.removed);
        self.modified.push(element, child.modified, child.below.modified);
    }
}

/// The change of one value: whether it is modified as a whole, and what changed below.
#[derive(Default)]
struct Change {
    modified: bool,
    below: Comparison,
}

/// Compares two objects of one kind.
pub(super) fn compare(at: At<'_>, old: &Value, new: &Value) -> Comparison {
    values(Some(at), old, new).below
}

fn values(at: Option<At<'_>>, old: &Value, new: &Value) -> Change {
    let empty = Map::new();
    match (shape(at, old), shape(at, new), at) {
        (Shape::Map, Shape::Map, _) => {
            let (old_map, new_map) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
            if old_map.is_empty() && new_map.is_empty() {
                return Change { modified: old != new, ..Change::default() };
            }
            Change { modified: false, below: maps(at, old_map, new_map) }
        }
        (Shape::List, Shape::List, Some(at)) => {
            let (old_items, new_items) = (items(old), items(new));
            if old == new || (old_items.is_empty() && new_items.is_empty()) {
                return Change { modified: old != new, ..Change::default() };
            }
            match (elements(at, old_items), elements(at, new_items)) {
                (Ok(left), Ok(right)) => {
                    Change { modified: false, below: lists(at, (left, old_items), (right, new_items)) }
                }
                // Items without keys: the list is one value.
                _ => Change { modified: true, ..Change::default() },
            }
        }
        (Shape::Leaf, Shape::Leaf, _) => Change { modified: !same(old, new), ..Change::default() },
        _ => {
            let below = Comparison {
                added: everything(at, new),
                removed: everything(at, old),
                modified: FieldSet::new(),
            };
            Change { modified: true, below }
        }
    }
}

/// Equality of leaves, where 1 and 1.0 are the same number.
fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(a), Value::Number(b)) if a != b => {
            (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        _ => old == new,
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn maps(at: Option<At<'_>>, old: &Map<String, Value>, new: &Map<String, Value>) -> Comparison {
    let mut out = Comparison::default();
    for (name, old_value) in old {
        match new.get(name) {
            Some(new_value) => {
                out.take(PathElement::field(name), values(field(at, name), old_value, new_value))
            }
            None => out.removed.push(PathElement::field(name), true, everything(field(at, name), old_value)),
        }
    }
    for (name, new_value) in new {
        if !old.contains_key(name) {
            out.added.push(PathElement::field(name), true, everything(field(at, name), new_value));
        }
    }
    out
}

type Side<'a> = (Vec<PathElement>, &'a [Value]);

fn lists(at: At<'_>, old: Side<'_>, new: Side<'_>) -> Comparison {
    let mut by_element: BTreeMap<PathElement, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for (element, item) in old.0.into_iter().zip(old.1) {
        by_element.entry(element).or_default().0.push(item);
    }
    for (element, item) in new.0.into_iter().zip(new.1) {
        by_element.entry(element).or_default().1.push(item);
    }
    let mut out = Comparison::default();
    for (element, pair) in by_element {
        match (pair.0.as_slice(), pair.1.as_slice()) {
            ([old], [new]) => out.take(element, values(at.item(), old, new)),
            ([], [new]) => out.added.push(element, true, everything(at.item(), new)),
            ([old], []) => out.removed.push(element, true, everything(at.item(), old)),
            // From here on an item stands twice: duplicates are one value.
            ([], _) => out.added.push(element, true, FieldSet::new()),
            (_, []) => out.removed.push(element, true, FieldSet::new()),
            ([old], _) => {
                out.removed.push(element.clone(), true, everything(at.item(), old));
                out.added.push(element, true, FieldSet::new());
            }
            (_, [new]) => {
                out.added.push(element.clone(), true, everything(at.item(), new));
                out.removed.push(element, true, FieldSet::new());
            }
            (old, new) => out.modified.push(element, old != new, FieldSet::new()),
        }
    }
    out
}
