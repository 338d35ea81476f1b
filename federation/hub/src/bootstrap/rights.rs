//! Rights of agents and joiners: the list under *Who writes what* in 03, and nothing else.

use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::api::{Api, DeleteParams};
use serde_json::{Value, json};

use super::{BootstrapError, apply};
use crds::names;

/// Rights that all agents, and all joiners, have in common.
pub(super) async fn shared(client: &kube::Client) -> Result<(), BootstrapError> {
    let templates: Api<Role> = Api::namespaced(client.clone(), names::TEMPLATES_NAMESPACE);
    let rules = json!([rule(names::FEDERATION_GROUP, &["worktemplates"], &["get"])]);
    apply(&templates, "cafefed-agents", &role("Role", "cafefed-agents", &rules)).await?;
    let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), names::TEMPLATES_NAMESPACE);
    let bound = binding("RoleBinding", "cafefed-agents", "Role", &group(names::AGENTS_GROUP));
    apply(&bindings, "cafefed-agents", &bound).await?;

    // A joiner makes its request and reads it again. Whose name it may carry is decided when it is judged.
    let joiners = json!([rule("certificates.k8s.io", &["certificatesigningrequests"], &["create", "get"])]);
    cluster_wide(client, "cafefed:joiners", &joiners, &group(names::JOINERS_GROUP)).await?;
    let rotation = json!([rule("certificates.k8s.io", &["certificatesigningrequests"], &["create"])]);
    cluster_wide(client, "cafefed:agents", &rotation, &group(names::AGENTS_GROUP)).await
}

/// Rights of one cluster's agent.
pub(crate) async fn agent_rights(client: &kube::Client, cluster: &str) -> Result<(), BootstrapError> {
    let namespace = names::cluster_namespace(cluster);
    let name = "cafefed-agent";
    let rules = json!([
        rule(names::FEDERATION_GROUP, &["works"], &["get", "list", "watch"]),
        rule(names::FEDERATION_GROUP, &["works/status"], &["get", "patch", "update"]),
        rule("", &["secrets"], &["get", "list", "watch"]),
        rule("coordination.k8s.io", &["leases"], &["create"]),
        named("coordination.k8s.io", &["leases"], &names::agent_object(cluster), &["get", "patch", "update"]),
        rule("events.k8s.io", &["events"], &["create", "patch"]),
        rule("", &["events"], &["create", "patch"]),
    ]);
    let subject = user(&format!("{}{cluster}", names::AGENT_USER_PREFIX));
    apply::<Role>(&Api::namespaced(client.clone(), &namespace), name, &role("Role", name, &rules)).await?;
    let bound = binding("RoleBinding", name, "Role", &subject);
    apply::<RoleBinding>(&Api::namespaced(client.clone(), &namespace), name, &bound).await?;

    let own = json!([
        named(names::FEDERATION_GROUP, &["memberclusters"], cluster, &["get", "list", "watch"]),
        named(names::FEDERATION_GROUP, &["memberclusters/status"], cluster, &["get", "patch", "update"]),
        named(
            "certificates.k8s.io",
            &["certificatesigningrequests"],
            &names::agent_object(cluster),
            &["get"]
        ),
    ]);
    cluster_wide(client, &cluster_role(cluster), &own, &subject).await
}

/// Takes a cluster's agent all rights that stand outside its namespace.
pub(crate) async fn drop_agent_rights(client: &kube::Client, cluster: &str) -> Result<(), kube::Error> {
    let name = cluster_role(cluster);
    gone(
        Api::<ClusterRoleBinding>::all(client.clone())
            .delete(&name, &DeleteParams::default())
            .await
            .map(|_| ()),
    )?;
    gone(Api::<ClusterRole>::all(client.clone()).delete(&name, &DeleteParams::default()).await.map(|_| ()))
}

fn gone(result: Result<(), kube::Error>) -> Result<(), kube::Error> {
    match result {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        other => other,
    }
}

fn cluster_role(cluster: &str) -> String {
    format!("cafefed:agent:{cluster}")
}

async fn cluster_wide(
    client: &kube::Client,
    name: &str,
    rules: &Value,
    subject: &Value,
) -> Result<(), BootstrapError> {
    apply::<ClusterRole>(&Api::all(client.clone()), name, &role("ClusterRole", name, rules)).await?;
    let bound = binding("ClusterRoleBinding", name, "ClusterRole", subject);
    apply::<ClusterRoleBinding>(&Api::all(client.clone()), name, &bound).await
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
}

fn named(group: &str, resources: &[&str], name: &str, verbs: &[&str]) -> Value {
    json!({"apiGroups": [group], "resources": resources, "verbs": verbs, "resourceNames": [name]})
}

fn role(kind: &str, name: &str, rules: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "rules": rules,
        "metadata": {"name": name, "labels": {names::MANAGED_BY: names::CAFE_FEDERATION}},
    })
}

fn binding(kind: &str, name: &str, role_kind: &str, subject: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "subjects": [subject],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": name},
        "metadata": {"name": name, "labels": {names::MANAGED_BY: names::CAFE_FEDERATION}},
    })
}

fn group(name: &str) -> Value {
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name})
}

fn user(name: &str) -> Value {
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name})
}
