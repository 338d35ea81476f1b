//! The pod that a set makes out of a template: its labels, its readiness gate and its affinity to the cell.

use serde_json::{Map, Value, json};

use crate::annotation::{
    CAFEDEPLOYMENT_LABEL, CELL_LABEL, GROUP_LABEL, IN_PLACE_READY, REVISION_LABEL, TRACEPARENT,
};

/// Where a pod belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The CafeDeployment (or, for a set of its own, the set).
    pub application: String,
    /// The cell; empty: any node.
    pub cell: String,
    /// Node label whose value is the cell's name.
    pub node_label: String,
    /// The revision of the template.
    pub revision: String,
    /// The group of the release.
    pub group: i32,
    /// W3C trace context, where there is one.
    pub traceparent: Option<String>,
}

/// `metadata.labels`, `metadata.annotations` and `spec` of a pod, as JSON; name and owner are the shell's.
/// `gated` adds the readiness gate of updates in place.
pub fn build_pod(template: &Value, identity: &Identity, gated: bool) -> Value {
    let mut labels = object(template, "/metadata/labels");
    labels.insert(CAFEDEPLOYMENT_LABEL.into(), json!(identity.application));
    labels.insert(REVISION_LABEL.into(), json!(identity.revision));
    if gated {
        // A ReplicaSet outlives groups: its template, and so its pods, cannot name one.
        labels.insert(GROUP_LABEL.into(), json!(identity.group.to_string()));
    }
    let mut annotations = object(template, "/metadata/annotations");
    if let Some(traceparent) = identity.traceparent.as_ref().filter(|_| gated) {
        annotations.insert(TRACEPARENT.into(), json!(traceparent));
    }
    let mut spec = object(template, "/spec");
    if !identity.cell.is_empty() {
        labels.insert(CELL_LABEL.into(), json!(identity.cell));
        require_cell(&mut spec, &identity.node_label, &identity.cell);
    }
    if gated {
        add_gate(&mut spec);
    }
    json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": spec})
}

fn object(template: &Value, pointer: &str) -> Map<String, Value> {
    template.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn add_gate(spec: &mut Map<String, Value>) {
    let gates = spec.entry("readinessGates").or_insert_with(|| json!([]));
    if let Some(gates) = gates.as_array_mut()
        && !gates.iter().any(|gate| gate["conditionType"] == IN_PLACE_READY)
    {
        gates.push(json!({"conditionType": IN_PLACE_READY}));
    }
}

/// Adds the cell to every term of the required node affinity: terms are alternatives, and each must hold it.
fn require_cell(spec: &mut Map<String, Value>, node_label: &str, cell: &str) {
    let label = if node_label.is_empty() { CELL_LABEL } else { node_label };
    let wanted = json!({"key": label, "operator": "In", "values": [cell]});
    let mut at = spec.entry("affinity").or_insert_with(|| json!({}));
    for key in ["nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"] {
        if at.is_null() {
            *at = json!({});
        }
        let Some(map) = at.as_object_mut() else { return };
        at = map.entry(key).or_insert_with(|| json!({}));
    }
    if at.get("nodeSelectorTerms").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        *at = json!({"nodeSelectorTerms": [{}]});
    }
    if let Some(terms) = at.get_mut("nodeSelectorTerms").and_then(Value::as_array_mut) {
        for term in terms.iter_mut().filter_map(Value::as_object_mut) {
            let expressions = term.entry("matchExpressions").or_insert_with(|| json!([]));
            if let Some(expressions) = expressions.as_array_mut() {
                expressions.push(wanted.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            application: "shop".into(),
            cell: "RZ00A".into(),
            node_label: String::new(),
            revision: "abc".into(),
            group: 2,
            traceparent: Some("00-1-2-01".into()),
        }
    }

    #[test]
    fn a_pod_knows_its_cell_and_has_the_gate() {
        let template = json!({"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": []}});
        let pod = build_pod(&template, &identity(), true);
        assert_eq!(
            pod["metadata"]["labels"],
            json!({"app": "shop", CAFEDEPLOYMENT_LABEL: "shop", REVISION_LABEL: "abc", GROUP_LABEL: "2", CELL_LABEL: "RZ00A"})
        );
        assert_eq!(pod["metadata"]["annotations"], json!({TRACEPARENT: "00-1-2-01"}));
        assert_eq!(pod["spec"]["readinessGates"], json!([{"conditionType": IN_PLACE_READY}]));
        assert_eq!(
            pod.pointer("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution"),
            Some(&json!({"nodeSelectorTerms": [{"matchExpressions": [
                {"key": CELL_LABEL, "operator": "In", "values": ["RZ00A"]}
            ]}]}))
        );
    }

    #[test]
    fn affinity_of_the_template_is_kept_in_every_term() {
        let terms = json!([{"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"matchFields": []}]);
        let template = json!({"spec": {"affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}}});
        let pod = build_pod(&template, &Identity { node_label: "zone".into(), ..identity() }, false);
        let terms = &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            ["nodeSelectorTerms"];
        assert_eq!(terms[0]["matchExpressions"][0]["key"], "a");
        assert_eq!(terms[0]["matchExpressions"][1]["key"], "zone");
        assert_eq!(terms[1]["matchExpressions"][0]["values"], json!(["RZ00A"]));
        assert!(pod["spec"].get("readinessGates").is_none());
    }
}
