//! Server-side apply and the record of who owns which field (`metadata.managedFields`).
//!
//! The rules are those of upstream's structured-merge-diff and `apimachinery/pkg/util/managedfields`:
//! - a [`FieldSet`] is a set of paths; lists of type map and set are addressed by key and value;
//! - [`apply`] merges a configuration into the live object, refuses to take a field from another
//!   manager unless forced, and removes what the manager applied before and applies no more;
//! - [`update`] records after any other write which fields the writer changed.
//!
//! All of it is pure: time, manager and version come in through [`ApplyContext`]. Kinds are served in
//! one version, so entries of other versions are dropped as upstream drops those of unknown versions.

mod capped;
mod compare;
mod config;
mod conflict;
mod element;
mod extract;
mod fieldset;
mod fieldsv1;
mod items;
mod last_applied;
mod managed;
mod merge;
mod prune;
mod remove;
mod reset;
mod shape;
mod update;

#[cfg(test)]
pub(crate) mod strategies;
#[cfg(test)]
mod tests;

pub use config::apply;
pub use element::{PathElement, Scalar};
pub use extract::field_set;
pub use fieldset::FieldSet;
pub use fieldsv1::FieldsV1Error;
pub use reset::ResetFields;
pub use update::update;

/// Who writes, how, and when.
#[derive(Clone, Copy, Debug)]
pub struct ApplyContext<'a> {
    /// Field manager: the `fieldManager` parameter, or the user agent up to `/`.
    pub manager: &'a str,
    /// Take fields from other managers instead of refusing. Only for [`apply`].
    pub force: bool,
    /// `apiVersion` of the request, for example `apps/v1`.
    pub api_version: &'a str,
    /// Now, as RFC 3339 with whole seconds: `2026-11-24T10:00:00Z`.
    pub now: &'a str,
    /// Subresource of the request, empty for the object itself.
    pub subresource: &'a str,
    /// Fields that this endpoint does not write, whoever sends them.
    pub reset: ResetFields,
}
