//! ServiceAccounts.

use super::definitions::Library;
use super::kind::Kind;
use crate::resource::{Plain, PostedKind, Resource};

static TOKEN: PostedKind = PostedKind {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
    definition_name: "io.k8s.api.authentication.v1.TokenRequest",
};

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("", "serviceaccounts", "ServiceAccount", "io.k8s.api.core.v1.ServiceAccount")
        .short(&["sa"])
        .subresource("token", false, Some(&TOKEN))
        .age()
        .build(library, Plain)
}
