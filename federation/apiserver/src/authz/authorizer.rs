//! The decision on a request.

use std::ops::ControlFlow;

use parking_lot::RwLock;

use super::attributes::Attributes;
use super::index::{RbacError, RbacIndex, RbacKind, RoleRef};
use super::rule::PolicyRule;
use crate::resource::Caller;

/// The group that may do everything, by certificate alone and without any stored object.
pub const MASTERS: &str = "system:masters";

/// Yes or no, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request may go on.
    pub allowed: bool,
    /// For a refusal what went wrong, if anything did; for a permission only from [`Authorizer::explain`].
    pub reason: String,
}

/// RBAC over an index that watch events keep current. Shared by all requests.
#[derive(Debug, Default)]
pub struct Authorizer {
    index: RwLock<RbacIndex>,
}

impl Authorizer {
    /// An authorizer that knows no role yet: it allows `system:masters` and the health paths.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides. Allocates nothing when the answer is yes.
    pub fn authorize(&self, caller: &Caller, asked: &Attributes<'_>) -> Decision {
        self.decide(caller, asked, false)
    }

    /// Decides, and says which binding allows it: for reviews.
    pub fn explain(&self, caller: &Caller, asked: &Attributes<'_>) -> Decision {
        self.decide(caller, asked, true)
    }

    fn decide(&self, caller: &Caller, asked: &Attributes<'_>, explain: bool) -> Decision {
        if is_master(caller) || is_health(asked) {
            return Decision { allowed: true, reason: String::new() };
        }
        let index = self.index.read();
        let mut missing: Vec<&RoleRef> = Vec::new();
        let found = index.visit(
            caller,
            asked.namespace,
            |source, rule| {
                if rule.allows(asked) { ControlFlow::Break(source) } else { ControlFlow::Continue(()) }
            },
            |role| missing.push(role),
        );
        match found {
            ControlFlow::Break(source) => {
                let reason =
                    if explain { format!("RBAC: allowed by {}", source.describe()) } else { String::new() };
                Decision { allowed: true, reason }
            }
            ControlFlow::Continue(()) => Decision { allowed: false, reason: missing_reason(&missing) },
        }
    }

    /// All rules of the caller in `namespace`, for SelfSubjectRulesReview and escalation checks.
    pub fn rules_of(&self, caller: &Caller, namespace: &str) -> Vec<PolicyRule> {
        self.index.read().rules_of(caller, namespace)
    }

    /// The rules that a role reference stands for; `None` if there is no such role.
    pub fn role_rules(&self, role: &RoleRef, namespace: &str) -> Option<Vec<PolicyRule>> {
        self.index.read().role_rules(role, namespace).map(<[PolicyRule]>::to_vec)
    }

    /// The effective rules of an aggregating ClusterRole; `None` for any other. They stand in its
    /// stored `rules` only once [`crate::controllers::cluster_roles`] has written them there.
    pub fn aggregated(&self, name: &str) -> Option<Vec<PolicyRule>> {
        self.index.read().aggregated(name).map(<[PolicyRule]>::to_vec)
    }

    /// Takes in a stored role or binding (an ADDED or MODIFIED event).
    ///
    /// # Errors
    /// The bytes do not read as `kind`; what was known under that name stays.
    pub fn apply(&self, kind: RbacKind, object: &[u8]) -> Result<(), RbacError> {
        self.index.write().apply(kind, object)
    }

    /// Forgets a role or binding (a DELETED event); `namespace` is empty for the cluster kinds.
    pub fn delete(&self, kind: RbacKind, namespace: &str, name: &str) {
        self.index.write().delete(kind, namespace, name);
    }

    /// Starts again from a full list, at once for all readers. Objects that do not read are left out
    /// and returned.
    pub fn reset<'a>(&self, objects: impl IntoIterator<Item = (RbacKind, &'a [u8])>) -> Vec<RbacError> {
        let mut fresh = RbacIndex::default();
        let errors =
            objects.into_iter().filter_map(|(kind, object)| fresh.apply(kind, object).err()).collect();
        *self.index.write() = fresh;
        errors
    }
}

/// Whether the caller is in `system:masters`.
pub fn is_master(caller: &Caller) -> bool {
    caller.groups.iter().any(|g| g == MASTERS)
}

/// `/livez`, `/readyz`, `/healthz` are open to everybody (upstream's `--authorization-always-allow-paths`),
/// so that a server whose roles are not read yet can say that it is not ready.
fn is_health(asked: &Attributes<'_>) -> bool {
    matches!(asked.path, "/livez" | "/readyz" | "/healthz")
}

fn missing_reason(missing: &[&RoleRef]) -> String {
    let mut texts: Vec<String> = missing
        .iter()
        .map(|role| {
            let plural = if role.kind == "Role" { "role" } else { "clusterrole" };
            format!("{plural}.rbac.authorization.k8s.io \"{}\" not found", role.name)
        })
        .collect();
    texts.sort_unstable();
    texts.dedup();
    match texts.as_slice() {
        [] => String::new(),
        [one] => format!("RBAC: {one}"),
        many => format!("RBAC: [{}]", many.join(", ")),
    }
}
