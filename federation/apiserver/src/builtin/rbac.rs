//! Roles and bindings of `rbac.authorization.k8s.io`.

use serde_json::{Value, json};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{default, forbidden, invalid, items, len, list, required, text, unsupported};
use crate::resource::{Resource, Strategy, WriteContext};
use crate::schema::metadata::NameRule;
use crate::status::FieldError;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn resources(library: &mut Library) -> Vec<Resource> {
    vec![
        Kind::new(GROUP, "roles", "Role", "io.k8s.api.rbac.v1.Role")
            .column("Created At", "date", "When the role was created.", created_at)
            .build(library, Roles { namespaced: true }),
        Kind::new(GROUP, "clusterroles", "ClusterRole", "io.k8s.api.rbac.v1.ClusterRole")
            .cluster()
            .column("Created At", "date", "When the role was created.", created_at)
            .build(library, Roles { namespaced: false }),
        binding_columns(Kind::new(GROUP, "rolebindings", "RoleBinding", "io.k8s.api.rbac.v1.RoleBinding"))
            .build(library, Bindings { namespaced: true }),
        binding_columns(Kind::new(
            GROUP,
            "clusterrolebindings",
            "ClusterRoleBinding",
            "io.k8s.api.rbac.v1.ClusterRoleBinding",
        ))
        .cluster()
        .build(library, Bindings { namespaced: false }),
    ]
}

/// Upstream shows roles by its default table: the creation time as it is.
fn created_at(role: &Value, _now: i64) -> Value {
    role["metadata"]["creationTimestamp"].clone()
}

fn binding_columns(kind: Kind) -> Kind {
    kind.column("Role", "string", "The role that is granted.", |binding, _| {
        let role = &binding["roleRef"];
        json!(format!("{}/{}", text(&role["kind"]), text(&role["name"])))
    })
    .age()
    .wide("Users", "string", "Users in the binding", |b, _| subjects(b, "User"))
    .wide("Groups", "string", "Groups in the binding", |b, _| subjects(b, "Group"))
    .wide("ServiceAccounts", "string", "ServiceAccounts in the binding", |b, _| subjects(b, "ServiceAccount"))
}

fn subjects(binding: &Value, kind: &str) -> Value {
    let names: Vec<String> = list(&binding["subjects"])
        .iter()
        .filter(|subject| subject["kind"] == kind)
        .map(|subject| match kind {
            "ServiceAccount" => format!("{}/{}", text(&subject["namespace"]), text(&subject["name"])),
            _ => text(&subject["name"]).to_owned(),
        })
        .collect();
    json!(names.join(", "))
}

struct Roles {
    namespaced: bool,
}

impl Strategy for Roles {
    fn validate(&self, _ctx: &WriteContext, role: &Value, _old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (i, rule) in list(&role["rules"]).iter().enumerate() {
            errors.extend(rule_errors(rule, &format!("rules[{i}]"), self.namespaced));
        }
        if role["aggregationRule"].is_object() && len(&role["aggregationRule"]["clusterRoleSelectors"]) == 0 {
            let why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
            errors.push(required("aggregationRule.clusterRoleSelectors", why));
        }
        errors
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }
}

fn rule_errors(rule: &Value, path: &str, namespaced: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if len(&rule["verbs"]) == 0 {
        errors.push(required(&format!("{path}.verbs"), "verbs must contain at least one value"));
    }
    if len(&rule["nonResourceURLs"]) > 0 {
        let at = format!("{path}.nonResourceURLs");
        if namespaced {
            let why = "namespaced rules cannot apply to non-resource URLs";
            errors.push(invalid(at.clone(), &rule["nonResourceURLs"], why));
        }
        if ["apiGroups", "resources", "resourceNames"].iter().any(|field| len(&rule[field]) > 0) {
            let why = "rules cannot apply to both regular resources and non-resource URLs";
            errors.push(invalid(at, &rule["nonResourceURLs"], why));
        }
        return errors;
    }
    for (field, what) in [("apiGroups", "api group"), ("resources", "resource")] {
        if len(&rule[field]) == 0 {
            let why = format!("resource rules must supply at least one {what}");
            errors.push(required(&format!("{path}.{field}"), &why));
        }
    }
    errors
}

struct Bindings {
    namespaced: bool,
}

impl Bindings {
    fn fill(binding: &mut Value) {
        if let Some(role) = binding.get_mut("roleRef").and_then(Value::as_object_mut) {
            default(role, "apiGroup", GROUP);
        }
        for subject in items(binding, "subjects") {
            let group = match text(&subject["kind"]) {
                "User" | "Group" => GROUP,
                _ => continue,
            };
            if let Some(map) = subject.as_object_mut() {
                default(map, "apiGroup", group);
            }
        }
    }
}

impl Strategy for Bindings {
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        Self::fill(object);
    }

    fn prepare_update(&self, _ctx: &WriteContext, object: &mut Value, _old: &Value) {
        Self::fill(object);
    }

    fn validate(&self, _ctx: &WriteContext, binding: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let role = &binding["roleRef"];
        if role["apiGroup"] != GROUP {
            errors.push(unsupported("roleRef.apiGroup", &role["apiGroup"], &[GROUP]));
        }
        let kinds: &[&str] = if self.namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
        if !kinds.contains(&text(&role["kind"])) {
            errors.push(unsupported("roleRef.kind", &role["kind"], kinds));
        }
        let name = text(&role["name"]);
        if name.is_empty() {
            errors.push(required("roleRef.name", ""));
        } else {
            let broken = NameRule::PathSegment.check(name);
            errors.extend(broken.into_iter().map(|why| invalid("roleRef.name", &role["name"], why)));
        }
        for (i, subject) in list(&binding["subjects"]).iter().enumerate() {
            errors.extend(subject_errors(subject, &format!("subjects[{i}]"), self.namespaced));
        }
        if let Some(old) = old
            && old["roleRef"] != *role
        {
            errors.push(invalid("roleRef", role, "cannot change roleRef"));
        }
        errors
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }
}

fn subject_errors(subject: &Value, path: &str, namespaced: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if text(&subject["name"]).is_empty() {
        errors.push(required(&format!("{path}.name"), ""));
    }
    let group = text(&subject["apiGroup"]);
    match text(&subject["kind"]) {
        "ServiceAccount" => {
            if !group.is_empty() {
                errors.push(unsupported(format!("{path}.apiGroup"), &subject["apiGroup"], &[""]));
            }
            // In a namespace the binding's own one is meant.
            if text(&subject["namespace"]).is_empty() && !namespaced {
                errors.push(required(&format!("{path}.namespace"), ""));
            }
        }
        "User" | "Group" => {
            if group != GROUP {
                errors.push(unsupported(format!("{path}.apiGroup"), &subject["apiGroup"], &[GROUP]));
            }
            if !text(&subject["namespace"]).is_empty() {
                errors.push(forbidden(format!("{path}.namespace"), ""));
            }
        }
        _ => {
            let kinds = &["ServiceAccount", "User", "Group"];
            errors.push(unsupported(format!("{path}.kind"), &subject["kind"], kinds));
        }
    }
    errors
}
