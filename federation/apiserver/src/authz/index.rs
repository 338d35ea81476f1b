//! The rules of every caller: roles and bindings, indexed by subject.
//!
//! Pure. Fed from the server's own watch, object by object; a request then touches only the bindings
//! that name its user or one of its groups. ServiceAccount subjects are kept as the user names they
//! stand for, so that a lookup is by borrowed text alone.
//!
//! A ClusterRole with an `aggregationRule` has the union of the rules of the ClusterRoles it selects,
//! at once and not when a controller gets to it; its stored `rules` are ignored.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Deserialize;

use super::quote::quoted;
use super::rule::PolicyRule;
use crate::resource::Caller;

/// Group of the RBAC kinds.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// An object that is no role or binding; it takes no part in decisions.
#[derive(Debug, thiserror::Error)]
pub enum RbacError {
    /// The stored bytes do not read as the kind.
    #[error("read a stored {kind:?} for authorization; it grants nothing until it is replaced")]
    Read {
        /// Which kind.
        kind: RbacKind,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// The four kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RbacKind {
    /// Namespaced rules.
    Role,
    /// Rules for every scope.
    ClusterRole,
    /// Gives rules in its namespace.
    RoleBinding,
    /// Gives rules everywhere.
    ClusterRoleBinding,
}

impl RbacKind {
    /// The kind served as `plural` in `group`, if it is one of the four.
    pub fn of(group: &str, plural: &str) -> Option<Self> {
        if group != GROUP {
            return None;
        }
        match plural {
            "roles" => Some(Self::Role),
            "clusterroles" => Some(Self::ClusterRole),
            "rolebindings" => Some(Self::RoleBinding),
            "clusterrolebindings" => Some(Self::ClusterRoleBinding),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Meta {
    name: Box<str>,
    #[serde(default)]
    namespace: Box<str>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredRole {
    metadata: Meta,
    #[serde(default)]
    rules: Option<Vec<PolicyRule>>,
    #[serde(default)]
    aggregation_rule: Option<Aggregation>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Aggregation {
    #[serde(default)]
    cluster_role_selectors: Option<Vec<Selector>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    #[serde(default)]
    match_labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    match_expressions: Option<Vec<Expression>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Expression {
    key: String,
    operator: String,
    #[serde(default)]
    values: Option<Vec<String>>,
}

impl Selector {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let equal = self.match_labels.iter().flatten().all(|(k, v)| labels.get(k) == Some(v));
        equal && self.match_expressions.iter().flatten().all(|e| e.matches(labels))
    }
}

impl Expression {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        let listed = || value.is_some_and(|v| self.values.iter().flatten().any(|x| x == v));
        match self.operator.as_str() {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredBinding {
    metadata: Meta,
    role_ref: RoleRef,
    #[serde(default)]
    subjects: Option<Vec<Subject>>,
}

/// `roleRef` of a binding.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RoleRef {
    /// `Role` or `ClusterRole`.
    pub kind: String,
    /// Name of the role.
    pub name: String,
}

#[derive(Deserialize)]
struct Subject {
    kind: String,
    name: String,
    #[serde(default)]
    namespace: String,
}

/// A binding as the index keeps it.
#[derive(Debug, PartialEq, Eq)]
struct Binding {
    name: Box<str>,
    role: RoleRef,
    users: Vec<Box<str>>,
    groups: Vec<Box<str>>,
}

#[derive(Debug, Default)]
struct ClusterRole {
    labels: BTreeMap<String, String>,
    aggregation: Option<Vec<Selector>>,
    effective: Arc<[PolicyRule]>,
}

/// Bindings of one scope: a namespace, or the cluster.
#[derive(Debug, Default)]
struct Scope {
    bindings: BTreeMap<Box<str>, Arc<Binding>>,
    users: BTreeMap<Box<str>, Vec<Arc<Binding>>>,
    groups: BTreeMap<Box<str>, Vec<Arc<Binding>>>,
}

impl Scope {
    fn insert(&mut self, binding: Binding) {
        self.remove(&binding.name);
        let binding = Arc::new(binding);
        for user in &binding.users {
            insert_sorted(self.users.entry(user.clone()).or_default(), &binding);
        }
        for group in &binding.groups {
            insert_sorted(self.groups.entry(group.clone()).or_default(), &binding);
        }
        self.bindings.insert(binding.name.clone(), binding);
    }

    fn remove(&mut self, name: &str) {
        let Some(binding) = self.bindings.remove(name) else { return };
        for user in &binding.users {
            remove_from(&mut self.users, user, name);
        }
        for group in &binding.groups {
            remove_from(&mut self.groups, group, name);
        }
    }

    /// Every binding that names the caller, with the subject's kind and name. A binding may come twice.
    fn of<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = (&'a Binding, &'static str, &'a str)> {
        let by_user = self.users.get(caller.name.as_str()).into_iter().flatten();
        let by_user = by_user.map(|b| (&**b, "User", caller.name.as_str()));
        let by_group = caller.groups.iter().flat_map(|group| {
            let found = self.groups.get(group.as_str()).into_iter().flatten();
            found.map(move |b| (&**b, "Group", group.as_str()))
        });
        by_user.chain(by_group)
    }
}

fn insert_sorted(list: &mut Vec<Arc<Binding>>, binding: &Arc<Binding>) {
    match list.binary_search_by(|b| b.name.cmp(&binding.name)) {
        // The same subject stands twice in the binding.
        Ok(_) => {}
        Err(at) => list.insert(at, Arc::clone(binding)),
    }
}

fn remove_from(map: &mut BTreeMap<Box<str>, Vec<Arc<Binding>>>, subject: &str, name: &str) {
    let Some(list) = map.get_mut(subject) else { return };
    list.retain(|b| &*b.name != name);
    if list.is_empty() {
        map.remove(subject);
    }
}

/// Where a rule comes from, for reasons people read.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    binding: &'a Binding,
    namespace: &'a str,
    subject_kind: &'static str,
    subject: &'a str,
}

impl Source<'_> {
    /// As upstream describes it: `ClusterRoleBinding "b" of ClusterRole "r" to Group "g"`.
    pub fn describe(&self) -> String {
        let role = &self.binding.role;
        let (kind, name) = if self.namespace.is_empty() {
            ("ClusterRoleBinding", quoted(&self.binding.name))
        } else {
            ("RoleBinding", quoted(&format!("{}/{}", self.binding.name, self.namespace)))
        };
        let subject =
            match self.subject.strip_prefix("system:serviceaccount:").and_then(|s| s.split_once(':')) {
                Some((namespace, account)) if self.subject_kind == "User" => {
                    format!("ServiceAccount {}", quoted(&format!("{account}/{namespace}")))
                }
                _ => format!("{} {}", self.subject_kind, quoted(self.subject)),
            };
        format!("{kind} {name} of {} {} to {subject}", role.kind, quoted(&role.name))
    }
}

/// Rules by the name of their Role.
type Roles = BTreeMap<Box<str>, Arc<[PolicyRule]>>;

/// Roles and bindings of the whole server.
#[derive(Debug, Default)]
pub struct RbacIndex {
    cluster_roles: BTreeMap<Box<str>, ClusterRole>,
    roles: BTreeMap<Box<str>, Roles>,
    cluster: Scope,
    namespaces: BTreeMap<Box<str>, Scope>,
}

impl RbacIndex {
    /// Takes in an object as it is stored, in place of an earlier one of that name.
    ///
    /// # Errors
    /// The bytes do not read as `kind`. An object of that name is unchanged then.
    pub fn apply(&mut self, kind: RbacKind, object: &[u8]) -> Result<(), RbacError> {
        let read = |source| RbacError::Read { kind, source };
        match kind {
            RbacKind::Role => {
                let role: StoredRole = serde_json::from_slice(object).map_err(read)?;
                let rules = role.rules.unwrap_or_default().into();
                self.roles.entry(role.metadata.namespace).or_default().insert(role.metadata.name, rules);
            }
            RbacKind::ClusterRole => {
                let role: StoredRole = serde_json::from_slice(object).map_err(read)?;
                self.insert_cluster_role(role);
            }
            RbacKind::RoleBinding => {
                let stored: StoredBinding = serde_json::from_slice(object).map_err(read)?;
                let namespace = stored.metadata.namespace.clone();
                let binding = bind(stored);
                self.namespaces.entry(namespace).or_default().insert(binding);
            }
            RbacKind::ClusterRoleBinding => {
                let stored: StoredBinding = serde_json::from_slice(object).map_err(read)?;
                self.cluster.insert(bind(stored));
            }
        }
        Ok(())
    }

    /// Forgets an object; `namespace` is empty for the cluster kinds.
    pub fn delete(&mut self, kind: RbacKind, namespace: &str, name: &str) {
        match kind {
            RbacKind::Role => {
                if let Some(roles) = self.roles.get_mut(namespace) {
                    roles.remove(name);
                    if roles.is_empty() {
                        self.roles.remove(namespace);
                    }
                }
            }
            RbacKind::ClusterRole => {
                self.cluster_roles.remove(name);
                self.aggregate();
            }
            RbacKind::RoleBinding => {
                if let Some(scope) = self.namespaces.get_mut(namespace) {
                    scope.remove(name);
                    if scope.bindings.is_empty() {
                        self.namespaces.remove(namespace);
                    }
                }
            }
            RbacKind::ClusterRoleBinding => self.cluster.remove(name),
        }
    }

    fn insert_cluster_role(&mut self, role: StoredRole) {
        let aggregation =
            role.aggregation_rule.and_then(|a| a.cluster_role_selectors).filter(|s| !s.is_empty());
        let kept = ClusterRole {
            labels: role.metadata.labels.unwrap_or_default(),
            effective: role.rules.unwrap_or_default().into(),
            aggregation,
        };
        self.cluster_roles.insert(role.metadata.name, kept);
        self.aggregate();
    }

    /// Works out the effective rules of all aggregating roles. A role selected by an aggregating role
    /// may itself aggregate (`edit` into `admin`), so it goes on until nothing changes; every round
    /// settles one more level, hence the bound. It starts from nothing each time, or two roles that
    /// select each other would keep a rule that is gone everywhere else.
    fn aggregate(&mut self) {
        for role in self.cluster_roles.values_mut().filter(|r| r.aggregation.is_some()) {
            role.effective = Arc::default();
        }
        for _ in 0..=self.cluster_roles.len() {
            let mut changes = Vec::new();
            for (name, role) in &self.cluster_roles {
                let Some(selectors) = &role.aggregation else { continue };
                let rules = self.selected(name, selectors);
                if rules[..] != role.effective[..] {
                    changes.push((name.clone(), rules));
                }
            }
            if changes.is_empty() {
                return;
            }
            for (name, rules) in changes {
                if let Some(role) = self.cluster_roles.get_mut(&name) {
                    role.effective = rules.into();
                }
            }
        }
    }

    fn selected(&self, name: &str, selectors: &[Selector]) -> Vec<PolicyRule> {
        let mut rules: Vec<PolicyRule> = Vec::new();
        for (other, role) in &self.cluster_roles {
            if **other == *name || !selectors.iter().any(|s| s.matches(&role.labels)) {
                continue;
            }
            for rule in role.effective.iter() {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
        rules
    }

    /// The effective rules of an aggregating ClusterRole; `None` for any other.
    pub fn aggregated(&self, name: &str) -> Option<&[PolicyRule]> {
        let role = self.cluster_roles.get(name)?;
        role.aggregation.as_ref().map(|_| &role.effective[..])
    }

    /// The rules a binding in `namespace` (empty: cluster) gives by `role`; `None` if there is no such role.
    pub fn role_rules(&self, role: &RoleRef, namespace: &str) -> Option<&[PolicyRule]> {
        match role.kind.as_str() {
            "ClusterRole" => self.cluster_roles.get(role.name.as_str()).map(|r| &r.effective[..]),
            "Role" => self.roles.get(namespace)?.get(role.name.as_str()).map(|r| &r[..]),
            _ => None,
        }
    }

    /// Shows every rule of the caller in `namespace` (empty: cluster-wide ones alone), in a fixed order,
    /// until `visit` breaks. `missing` hears of bindings whose role is not there.
    pub fn visit<'a, B>(
        &'a self,
        caller: &'a Caller,
        namespace: &'a str,
        mut visit: impl FnMut(Source<'a>, &'a PolicyRule) -> ControlFlow<B>,
        mut missing: impl FnMut(&'a RoleRef),
    ) -> ControlFlow<B> {
        let cluster = self.cluster.of(caller).map(|found| (found, ""));
        let scope = if namespace.is_empty() { None } else { self.namespaces.get(namespace) };
        let local = scope.into_iter().flat_map(|s| s.of(caller)).map(|found| (found, namespace));
        for ((binding, subject_kind, subject), namespace) in cluster.chain(local) {
            let Some(rules) = self.role_rules(&binding.role, namespace) else {
                missing(&binding.role);
                continue;
            };
            let source = Source { binding, namespace, subject_kind, subject };
            for rule in rules {
                visit(source, rule)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// All rules of the caller in `namespace`.
    pub fn rules_of(&self, caller: &Caller, namespace: &str) -> Vec<PolicyRule> {
        let mut rules = Vec::new();
        let _ = self.visit::<()>(
            caller,
            namespace,
            |_, rule| {
                rules.push(rule.clone());
                ControlFlow::Continue(())
            },
            |_| {},
        );
        rules
    }
}

fn bind(stored: StoredBinding) -> Binding {
    let mut binding =
        Binding { name: stored.metadata.name, role: stored.role_ref, users: Vec::new(), groups: Vec::new() };
    for subject in stored.subjects.unwrap_or_default() {
        match subject.kind.as_str() {
            "User" => binding.users.push(subject.name.into()),
            "Group" => binding.groups.push(subject.name.into()),
            "ServiceAccount" => {
                // An account without a namespace is one of the binding's own; a cluster binding has none.
                let namespace: &str = if subject.namespace.is_empty() {
                    &stored.metadata.namespace
                } else {
                    &subject.namespace
                };
                if !namespace.is_empty() {
                    binding.users.push(format!("system:serviceaccount:{namespace}:{}", subject.name).into());
                }
            }
            _ => {}
        }
    }
    binding
}
