//! Nobody gives away rights they do not hold: the check on writes to roles and bindings.
//!
//! An [`Admission`], called after validation and before the write. `system:masters` is free of it, the
//! verbs `escalate` (roles) and `bind` (bindings) lift it. Upstream: `pkg/registry/rbac/*/policybased`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::attributes::Attributes;
use super::authorizer::{Authorizer, is_master};
use super::covers;
use super::index::{GROUP, RbacKind, RoleRef};
use super::quote::{quoted, quoted_list};
use super::rule::PolicyRule;
use crate::resource::{Admission, AdmissionReview, Caller};
use crate::status::{ApiError, ApiResult};

/// Refuses writes that would give rights the writer does not hold.
pub struct Escalation {
    authorizer: Arc<Authorizer>,
}

impl Escalation {
    /// The check over the rules that `authorizer` knows.
    pub fn new(authorizer: Arc<Authorizer>) -> Self {
        Self { authorizer }
    }

    /// Checks one write: `plural` is one of the four RBAC kinds, others pass.
    ///
    /// # Errors
    /// 403 naming the permissions that are not held, or 404 for a binding to a role that is not there.
    pub fn check(
        &self,
        caller: &Caller,
        plural: &str,
        namespace: &str,
        name: &str,
        new: &Value,
        old: Option<&Value>,
    ) -> ApiResult<()> {
        let Some(kind) = RbacKind::of(GROUP, plural) else { return Ok(()) };
        if is_master(caller) || old.is_some_and(|old| only_for_the_collector(new, old)) {
            return Ok(());
        }
        match kind {
            RbacKind::Role | RbacKind::ClusterRole => {
                self.check_role(caller, plural, namespace, name, new, old)
            }
            RbacKind::RoleBinding | RbacKind::ClusterRoleBinding => {
                self.check_binding(caller, plural, namespace, name, new)
            }
        }
    }

    fn check_role(
        &self,
        caller: &Caller,
        plural: &str,
        namespace: &str,
        name: &str,
        new: &Value,
        old: Option<&Value>,
    ) -> ApiResult<()> {
        let escalate = Attributes {
            verb: "escalate",
            group: GROUP,
            resource: plural,
            namespace,
            name,
            ..Attributes::default()
        };
        if self.authorizer.authorize(caller, &escalate).allowed {
            return Ok(());
        }
        let held = self.authorizer.rules_of(caller, namespace);
        refuse_missing(caller, plural, name, &held, &rules_in(new))?;
        let aggregates = aggregates(new) || old.is_some_and(aggregates);
        if aggregates && !covers::missing(&held, &full_authority()).is_empty() {
            const WHY: &str = "must have cluster-admin privileges to use the aggregationRule";
            return Err(ApiError::forbidden(GROUP, plural, name, WHY));
        }
        Ok(())
    }

    fn check_binding(
        &self,
        caller: &Caller,
        plural: &str,
        namespace: &str,
        name: &str,
        new: &Value,
    ) -> ApiResult<()> {
        let role = RoleRef {
            kind: new["roleRef"]["kind"].as_str().unwrap_or_default().to_owned(),
            name: new["roleRef"]["name"].as_str().unwrap_or_default().to_owned(),
        };
        let role_plural = if role.kind == "Role" { "roles" } else { "clusterroles" };
        let bind = Attributes {
            verb: "bind",
            group: GROUP,
            resource: role_plural,
            namespace,
            name: &role.name,
            ..Attributes::default()
        };
        if self.authorizer.authorize(caller, &bind).allowed {
            return Ok(());
        }
        let Some(wanted) = self.authorizer.role_rules(&role, namespace) else {
            return Err(ApiError::not_found(GROUP, role_plural, &role.name));
        };
        refuse_missing(caller, plural, name, &self.authorizer.rules_of(caller, namespace), &wanted)
    }
}

#[async_trait]
impl Admission for Escalation {
    async fn admit(&self, review: AdmissionReview<'_>) -> ApiResult<Vec<String>> {
        if let Some(new) = review.new
            && review.resource.group == GROUP
        {
            let caller = &review.ctx.caller;
            self.check(caller, &review.resource.plural, review.namespace, review.name, new, review.old)?;
        }
        Ok(Vec::new())
    }
}

fn refuse_missing(
    caller: &Caller,
    plural: &str,
    name: &str,
    held: &[PolicyRule],
    wanted: &[PolicyRule],
) -> ApiResult<()> {
    let missing = covers::missing(held, wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<String> = missing.iter().map(PolicyRule::compact).collect();
    lines.sort_unstable();
    let why = format!(
        "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
        quoted(&caller.name),
        quoted_list(&caller.groups),
        lines.join("\n")
    );
    Err(ApiError::forbidden(GROUP, plural, name, &why))
}

/// The rules of a role; one that does not read counts as none, since the index gives it no right either.
fn rules_in(role: &Value) -> Vec<PolicyRule> {
    let rules = role["rules"].as_array().into_iter().flatten();
    rules.filter_map(|rule| serde::Deserialize::deserialize(rule).ok()).collect()
}

fn aggregates(role: &Value) -> bool {
    role["aggregationRule"]["clusterRoleSelectors"].as_array().is_some_and(|s| !s.is_empty())
}

fn full_authority() -> [PolicyRule; 2] {
    let all = || vec!["*".to_owned()];
    [
        PolicyRule { verbs: all(), api_groups: all(), resources: all(), ..PolicyRule::default() },
        PolicyRule { verbs: all(), non_resource_urls: all(), ..PolicyRule::default() },
    ]
}

/// Whether a write changes finalizers and owner references alone: what the garbage collector does.
fn only_for_the_collector(new: &Value, old: &Value) -> bool {
    let stripped = |object: &Value| {
        let mut object = object.clone();
        if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in ["finalizers", "ownerReferences", "managedFields", "resourceVersion", "generation"] {
                meta.remove(field);
            }
        }
        object
    };
    stripped(new) == stripped(old)
}
