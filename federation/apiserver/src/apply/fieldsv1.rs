//! The `fieldsV1` form of a set, as `managedFields` stores it.

use serde_json::{Map, Value};

use super::element::PathElement;
use super::fieldset::FieldSet;

/// A `fieldsV1` value that is not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FieldsV1Error {
    /// Something else than an object stands where one must be.
    #[error("read fieldsV1: the value of {key:?} must be an object")]
    NotAnObject {
        /// The key.
        key: String,
    },
    /// A key is not a path element.
    #[error("read fieldsV1: the key {key:?} is not a path element: {why}")]
    Element {
        /// The key.
        key: String,
        /// Why not.
        why: String,
    },
}

impl FieldSet {
    /// The set as `fieldsV1`: `{"f:spec":{"f:replicas":{}}}`.
    pub fn to_fields_v1(&self) -> Value {
        Value::Object(self.to_map(false))
    }

    fn to_map(&self, member: bool) -> Map<String, Value> {
        let mut map = Map::new();
        if member && !self.is_empty() {
            map.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for entry in &self.entries {
            map.insert(entry.element.to_key(), Value::Object(entry.below.to_map(entry.member)));
        }
        map
    }

    /// Reads `fieldsV1`. Path elements of a kind that is not known are dropped, as upstream.
    ///
    /// # Errors
    /// When it is not made of objects, or a key is malformed.
    pub fn from_fields_v1(value: &Value) -> Result<Self, FieldsV1Error> {
        let Value::Object(map) = value else {
            return Err(FieldsV1Error::NotAnObject { key: String::new() });
        };
        let mut set = Self::new();
        for (key, value) in map {
            if key == "." {
                continue;
            }
            let Value::Object(children) = value else {
                return Err(FieldsV1Error::NotAnObject { key: key.clone() });
            };
            let element =
                PathElement::from_key(key).map_err(|why| FieldsV1Error::Element { key: key.clone(), why })?;
            let Some(element) = element else { continue };
            let below = Self::from_fields_v1(value)?;
            // Without known children the node stands for itself, whether or not it says so.
            let member = children.contains_key(".") || below.is_empty();
            set.push(element, member, below);
        }
        Ok(set)
    }
}

/// Whether the stored `fields` hold every path of `set`; nothing is parsed.
pub(super) fn holds_all(fields: &Map<String, Value>, set: &FieldSet) -> bool {
    set.entries.iter().all(|entry| {
        let Some(Value::Object(node)) = fields.get(&entry.element.to_key()) else { return false };
        (!entry.member || is_member(node)) && holds_all(node, &entry.below)
    })
}

/// Whether the stored `fields` hold any path of `set`; nothing is parsed.
pub(super) fn holds_any(fields: &Map<String, Value>, set: &FieldSet) -> bool {
    set.entries.iter().any(|entry| {
        let Some(Value::Object(node)) = fields.get(&entry.element.to_key()) else { return false };
        (entry.member && is_member(node)) || holds_any(node, &entry.below)
    })
}

fn is_member(node: &Map<String, Value>) -> bool {
    node.is_empty() || node.contains_key(".")
}
