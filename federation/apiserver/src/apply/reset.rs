//! Fields that an endpoint does not write and therefore does not own.

use super::compare::Comparison;
use super::element::PathElement;
use super::fieldset::FieldSet;

/// Which fields an endpoint leaves alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetFields {
    /// None: a kind without status subresource, or a subresource with its own rules.
    #[default]
    Nothing,
    /// `status`: the object itself, where `/status` is served.
    Status,
    /// Everything but `status`: the endpoint `/status`.
    AllButStatus,
}

impl ResetFields {
    /// `set` without the fields that this endpoint does not write, and without those that nobody owns.
    pub(super) fn filter(self, set: FieldSet) -> FieldSet {
        let mut set = set;
        let status = PathElement::field("status");
        match self {
            Self::Nothing => {}
            Self::Status => set.entries.retain(|entry| entry.element != status),
            Self::AllButStatus => set.entries.retain(|entry| entry.element == status),
        }
        strip(set)
    }

    /// [`Self::filter`] on all parts of a comparison.
    pub(super) fn filter_all(self, comparison: Comparison) -> Comparison {
        comparison.map(|set| self.filter(set))
    }
}

/// Fields of metadata that belong to the server.
const SERVER_OWNED: [&str; 11] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Takes out apiVersion, kind and the fields of metadata that belong to the server.
fn strip(mut set: FieldSet) -> FieldSet {
    set.entries.retain_mut(|entry| {
        let PathElement::Field(name) = &entry.element else { return true };
        match &**name {
            "apiVersion" | "kind" => {
                entry.member = false;
            }
            "metadata" => {
                entry.member = false;
                entry.below.entries.retain(|below| {
                    !matches!(&below.element, PathElement::Field(name) if SERVER_OWNED.contains(&&**name))
                });
            }
            _ => {}
        }
        entry.member || !entry.below.is_empty()
    });
    set
}
