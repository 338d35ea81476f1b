//! The roles and bindings every server starts with, as upstream has them.
//!
//! Those of programs that never run here (scheduler, kubelet, kube-dns, the controllers of
//! kube-controller-manager) are left out. Objects are reconciled at each start: missing permissions and
//! subjects are added, what people added stays, and an object with the annotation
//! `rbac.authorization.kubernetes.io/autoupdate: "false"` is left alone.

use serde_json::{Value, json};

use super::covers;
use super::index::GROUP;
use super::rule::PolicyRule;

const AUTOUPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";
const READ: &str = "get list watch";
const WRITE: &str = "create delete deletecollection patch update";
const READ_WRITE: &str = "create delete deletecollection get list patch update watch";
const RBAC_API: &str = "rbac.authorization.k8s.io/v1";

/// All default objects: ClusterRoles first, then ClusterRoleBindings.
pub fn objects() -> Vec<Value> {
    let mut all = vec![
        role("cluster-admin", &[], vec![rule("*", "*", "*"), paths("*", "*")]),
        aggregate("admin", None),
        aggregate("edit", Some("admin")),
        aggregate("view", Some("edit")),
        role("system:aggregate-to-admin", &["admin"], admin()),
        role("system:aggregate-to-edit", &["edit"], edit()),
        role("system:aggregate-to-view", &["view"], view()),
        role("system:discovery", &[], vec![paths(DISCOVERY, "get")]),
        role("system:public-info-viewer", &[], vec![paths(PUBLIC, "get")]),
        role("system:monitoring", &[], vec![paths(MONITORING, "get")]),
        role("system:basic-user", &[], basic_user()),
        role("system:auth-delegator", &[], auth_delegator()),
        role("system:node-bootstrapper", &[], node_bootstrapper()),
    ];
    all.extend([approver("kube-apiserver-client"), approver("kube-apiserver-client-kubelet")]);
    all.extend([
        binding("cluster-admin", &["system:masters"]),
        binding("system:basic-user", &["system:authenticated"]),
        binding("system:discovery", &["system:authenticated"]),
        binding("system:monitoring", &["system:monitoring"]),
        binding("system:public-info-viewer", &["system:authenticated", "system:unauthenticated"]),
    ]);
    all
}

const DISCOVERY: &str =
    "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/";
const PUBLIC: &str = "/healthz /livez /readyz /version /version/";
const MONITORING: &str = "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*";

fn admin() -> Vec<PolicyRule> {
    vec![
        rule("authorization.k8s.io", "localsubjectaccessreviews", "create"),
        rule(GROUP, "rolebindings roles", READ_WRITE),
    ]
}

fn edit() -> Vec<PolicyRule> {
    vec![
        rule("", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy", READ),
        rule("", "serviceaccounts", "impersonate"),
        rule("", "pods pods/attach pods/exec pods/portforward pods/proxy", WRITE),
        rule("", "pods/eviction", "create"),
        rule(
            "",
            "configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets \
             serviceaccounts services services/proxy",
            WRITE,
        ),
        rule("", "serviceaccounts/token", "create"),
        rule(", events.k8s.io", "events", WRITE),
        rule(
            "apps",
            "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale \
             statefulsets statefulsets/scale",
            WRITE,
        ),
        rule("autoscaling", "horizontalpodautoscalers", WRITE),
        rule("batch", "cronjobs jobs", WRITE),
        rule("policy", "poddisruptionbudgets", WRITE),
        rule("networking.k8s.io", "ingresses networkpolicies", WRITE),
        rule("coordination.k8s.io", "leases", READ_WRITE),
        rule("resource.k8s.io", "resourceclaims resourceclaimtemplates", WRITE),
    ]
}

fn view() -> Vec<PolicyRule> {
    vec![
        rule(
            "",
            "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers \
             replicationcontrollers/scale serviceaccounts services services/status",
            READ,
        ),
        rule(
            "",
            "bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status \
             resourcequotas resourcequotas/status",
            READ,
        ),
        rule("", "namespaces", READ),
        rule(", events.k8s.io", "events", READ),
        rule("discovery.k8s.io", "endpointslices", READ),
        rule(
            "apps",
            "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status \
             replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
            READ,
        ),
        rule("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", READ),
        rule("batch", "cronjobs cronjobs/status jobs jobs/status", READ),
        rule("policy", "poddisruptionbudgets poddisruptionbudgets/status", READ),
        rule("networking.k8s.io", "ingresses ingresses/status networkpolicies", READ),
        rule("resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates", READ),
    ]
}

fn basic_user() -> Vec<PolicyRule> {
    vec![
        rule("authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews", "create"),
        rule("authentication.k8s.io", "selfsubjectreviews", "create"),
    ]
}

fn auth_delegator() -> Vec<PolicyRule> {
    vec![
        rule("authentication.k8s.io", "tokenreviews", "create"),
        rule("authorization.k8s.io", "subjectaccessreviews", "create"),
    ]
}

fn node_bootstrapper() -> Vec<PolicyRule> {
    vec![rule("certificates.k8s.io", "certificatesigningrequests", "create get list watch")]
}

fn approver(signer: &str) -> Value {
    let mut may = rule("certificates.k8s.io", "signers", "approve");
    may.resource_names = vec![format!("kubernetes.io/{signer}")];
    role(&format!("system:certificates.k8s.io:{signer}-approver"), &[], vec![may])
}

/// `groups` is separated by commas (the core group is empty), the rest by blanks.
fn rule(groups: &str, resources: &str, verbs: &str) -> PolicyRule {
    PolicyRule {
        api_groups: groups.split(',').map(|g| g.trim().to_owned()).collect(),
        resources: words(resources),
        verbs: words(verbs),
        ..PolicyRule::default()
    }
}

fn paths(paths: &str, verbs: &str) -> PolicyRule {
    PolicyRule { non_resource_urls: words(paths), verbs: words(verbs), ..PolicyRule::default() }
}

fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

fn metadata(name: &str, aggregate_to: &[&str]) -> Value {
    let mut labels = serde_json::Map::new();
    labels.insert("kubernetes.io/bootstrapping".into(), "rbac-defaults".into());
    for target in aggregate_to {
        labels.insert(format!("{GROUP}/aggregate-to-{target}"), "true".into());
    }
    json!({ "name": name, "labels": labels, "annotations": { AUTOUPDATE: "true" } })
}

fn role(name: &str, aggregate_to: &[&str], rules: Vec<PolicyRule>) -> Value {
    json!({
        "apiVersion": RBAC_API,
        "kind": "ClusterRole",
        "metadata": metadata(name, aggregate_to),
        "rules": rules,
    })
}

/// A role made of those labelled `aggregate-to-<name>`, itself part of `into`.
fn aggregate(name: &str, into: Option<&str>) -> Value {
    let label = format!("{GROUP}/aggregate-to-{name}");
    json!({
        "apiVersion": RBAC_API,
        "kind": "ClusterRole",
        "metadata": metadata(name, into.as_slice()),
        "aggregationRule": { "clusterRoleSelectors": [{ "matchLabels": { label: "true" } }] },
        "rules": [],
    })
}

fn binding(role: &str, groups: &[&str]) -> Value {
    let subjects: Vec<Value> =
        groups.iter().map(|g| json!({ "apiGroup": GROUP, "kind": "Group", "name": g })).collect();
    json!({
        "apiVersion": RBAC_API,
        "kind": "ClusterRoleBinding",
        "metadata": metadata(role, &[]),
        "roleRef": { "apiGroup": GROUP, "kind": "ClusterRole", "name": role },
        "subjects": subjects,
    })
}

/// What to write so that `existing` has all that `wanted` has; `None` when nothing is missing or the
/// object asks to be left alone.
pub fn reconciled(wanted: &Value, existing: &Value) -> Option<Value> {
    if existing["metadata"]["annotations"][AUTOUPDATE] == "false" {
        return None;
    }
    let mut next = existing.clone();
    for field in ["labels", "annotations"] {
        add_missing_keys(&mut next["metadata"][field], &wanted["metadata"][field]);
    }
    if wanted["aggregationRule"].is_object() {
        // The rules of an aggregating role are not its own.
        add_missing_items(
            &mut next["aggregationRule"]["clusterRoleSelectors"],
            &wanted["aggregationRule"]["clusterRoleSelectors"],
        );
    } else if wanted["rules"].is_array() {
        add_missing_rules(&mut next, wanted);
    }
    if wanted["subjects"].is_array() {
        add_missing_items(&mut next["subjects"], &wanted["subjects"]);
    }
    (next != *existing).then_some(next)
}

fn add_missing_keys(target: &mut Value, wanted: &Value) {
    for (key, value) in wanted.as_object().into_iter().flatten() {
        if target.get(key).is_none() {
            target[key.as_str()] = value.clone();
        }
    }
}

fn add_missing_items(target: &mut Value, wanted: &Value) {
    if !target.is_array() {
        *target = json!([]);
    }
    let Some(list) = target.as_array_mut() else { return };
    for item in wanted.as_array().into_iter().flatten() {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

fn add_missing_rules(target: &mut Value, wanted: &Value) {
    let read = |role: &Value| -> Vec<PolicyRule> {
        serde_json::from_value(role["rules"].clone()).unwrap_or_default()
    };
    let missing = covers::missing(&read(target), &read(wanted));
    if missing.is_empty() {
        return;
    }
    if !target["rules"].is_array() {
        target["rules"] = json!([]);
    }
    if let Some(rules) = target["rules"].as_array_mut() {
        rules.extend(missing.iter().map(|rule| json!(rule)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_is_as_wanted_is_left_alone() {
        for object in objects() {
            assert_eq!(reconciled(&object, &object), None, "{}", object["metadata"]["name"]);
        }
    }

    #[test]
    fn missing_permissions_and_subjects_come_back_and_additions_stay() {
        let all = objects();
        let wanted =
            all.iter().find(|o| o["metadata"]["name"] == "system:node-bootstrapper").expect("is a default");
        let mut existing = wanted.clone();
        existing["rules"] = json!([{ "apiGroups": ["x"], "resources": ["y"], "verbs": ["z"] }]);
        let next = reconciled(wanted, &existing).expect("permissions are missing");
        assert_eq!(next["rules"].as_array().map(Vec::len), Some(2));
        assert_eq!(next["rules"][1]["verbs"], json!(["create", "get", "list", "watch"]));

        existing["metadata"]["annotations"][AUTOUPDATE] = "false".into();
        assert_eq!(reconciled(wanted, &existing), None);
    }
}
