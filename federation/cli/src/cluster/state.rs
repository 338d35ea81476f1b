//! How a member is, in one word.

use crds::federation::MemberCluster;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Key of the taint that `cordon` sets.
pub(super) const CORDONED: &str = "federation.cafefed.dev/cordoned";

/// A condition by its type.
#[must_use]
pub fn condition<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Conditions of a member.
pub(super) fn conditions(member: &MemberCluster) -> &[Condition] {
    member.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default()
}

/// Whether a condition is True.
pub(super) fn is_true(member: &MemberCluster, type_: &str) -> bool {
    condition(conditions(member), type_).is_some_and(|found| found.status == "True")
}

/// Whether new replicas are kept away by `cordon`.
pub(super) fn is_cordoned(member: &MemberCluster) -> bool {
    member.spec.taints.iter().any(|taint| taint.key == CORDONED)
}

/// `Ready`, `NotReady`, `Unknown`, `Joining`, `Asks`, `Leaving`; with `Cordoned` and `Suspended` behind it.
#[must_use]
pub fn state(member: &MemberCluster) -> String {
    let ready = condition(conditions(member), "Ready").map(|ready| ready.status.as_str());
    let word = match ready {
        _ if member.metadata.deletion_timestamp.is_some() => "Leaving",
        _ if !is_true(member, "Joined") && !member.spec.accept => "Asks",
        _ if !is_true(member, "Joined") => "Joining",
        Some("True") => "Ready",
        Some("False") => "NotReady",
        _ => "Unknown",
    };
    let cordoned = if is_cordoned(member) { ",Cordoned" } else { "" };
    let suspended = if member.spec.suspended { ",Suspended" } else { "" };
    format!("{word}{cordoned}{suspended}")
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(crate) fn member(name: &str, spec: Value, conditions: &[(&str, &str)]) -> MemberCluster {
        let conditions: Vec<Value> = conditions
            .iter()
            .map(|(type_, status)| {
                json!({"type": type_, "status": status, "reason": "X", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"})
            })
            .collect();
        serde_json::from_value(json!({
            "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "MemberCluster",
            "metadata": {"name": name}, "spec": spec,
            "status": {"conditions": conditions, "cellNames": "RZ00A,RZ01A", "nodes": 4,
                "kubernetesVersion": "v1.36.1"},
        }))
        .unwrap()
    }

    #[test]
    fn one_word_says_how_a_member_is() {
        let accepted = json!({"site": "hz-a", "accept": true});
        for (spec, conditions, word) in [
            (json!({"site": "hz-a"}), vec![], "Asks"),
            (accepted.clone(), vec![("Joined", "False")], "Joining"),
            (accepted.clone(), vec![("Joined", "True"), ("Ready", "True")], "Ready"),
            (accepted.clone(), vec![("Joined", "True"), ("Ready", "False")], "NotReady"),
            (accepted, vec![("Joined", "True")], "Unknown"),
            (
                json!({"accept": true, "suspended": true, "taints": [{"key": CORDONED, "effect": "NoSchedule"}]}),
                vec![("Joined", "True"), ("Ready", "True")],
                "Ready,Cordoned,Suspended",
            ),
        ] {
            assert_eq!(state(&member("hz-a", spec, &conditions)), word);
        }
    }
}
