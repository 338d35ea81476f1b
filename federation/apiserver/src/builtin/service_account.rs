//! ServiceAccounts.

use super::definitions::Library;
use super::kind::Kind;
use crate::resource::{Plain, Resource};

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("", "serviceaccounts", "ServiceAccount", "io.k8s.api.core.v1.ServiceAccount")
        .short(&["sa"])
        .age()
        .build(library, Plain)
}
