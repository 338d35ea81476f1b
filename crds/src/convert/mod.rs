//! From kinds into the model, and back: parsed once, at the edge.
//!
//! [`home_map`] puts units, cells, sites and cities together, [`rule_set`] goes both ways and checks the digest,
//! [`selector`] reads label selectors.

mod home_map;
mod rule_set;
mod selector;

pub use home_map::{HomeParts, home_map};
pub use rule_set::{rule_set, rule_set_spec};
pub use selector::selector;

/// Why an object does not fit into the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {name}: {field}: {message}")]
pub struct ConvertError {
    /// Kind of the object.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl ConvertError {
    fn of(kind: &'static str, name: &str, field: &'static str, error: impl std::fmt::Display) -> Self {
        Self { kind, name: name.to_owned(), field, message: error.to_string() }
    }
}
