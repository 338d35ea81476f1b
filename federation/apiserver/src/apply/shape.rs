//! How apply treats a value: as one leaf, or by its parts.

use serde_json::Value;

use crate::schema::{At, Kind, ListType};

/// The way a value is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One leaf: scalars, atomic lists and maps.
    Leaf,
    /// By fields.
    Map,
    /// By items, told apart by keys or by value.
    List,
}

/// The shape of `value` under `at`; without a schema maps are taken apart and lists are leaves, as
/// upstream deduces it.
pub(super) fn shape(at: Option<At<'_>>, value: &Value) -> Shape {
    match (value, at) {
        (Value::Object(_), Some(at)) if at.atomic_map => Shape::Leaf,
        (Value::Object(_), _) => Shape::Map,
        (Value::Array(_), Some(at)) if at.list_type != ListType::Atomic => Shape::List,
        (Value::Array(_), _) => Shape::Leaf,
        // A null takes the form that the schema asks for; what has no type may be a map.
        (Value::Null, None) => Shape::Map,
        (Value::Null, Some(at)) => match at.kind {
            Kind::Object | Kind::Any if !at.atomic_map => Shape::Map,
            Kind::Array if at.list_type != ListType::Atomic => Shape::List,
            _ => Shape::Leaf,
        },
        _ => Shape::Leaf,
    }
}

/// The schema of a field.
pub(super) fn field<'a>(at: Option<At<'a>>, name: &str) -> Option<At<'a>> {
    at.and_then(|at| at.child(name))
}
