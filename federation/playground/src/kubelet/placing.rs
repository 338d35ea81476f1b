//! Which node a pod goes to: required node affinity, node selector, and the pods a node can hold.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm, PodSpec};

/// A node as far as placing cares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Pods it can hold.
    pub pods_max: usize,
    /// Pods it holds.
    pub pods: usize,
    /// Takes no new pods.
    pub cordoned: bool,
}

/// The node with the fewest pods that fits, by name among equals; or why none does, as a scheduler words it.
pub fn place(spec: &PodSpec, machines: &BTreeMap<String, Machine>) -> Result<String, String> {
    let (mut full, mut other, mut cordoned) = (0, 0, 0);
    let mut best: Option<(usize, &String)> = None;
    for (name, machine) in machines {
        if machine.cordoned {
            cordoned += 1;
        } else if !matches(spec, &machine.labels) {
            other += 1;
        } else if machine.pods >= machine.pods_max {
            full += 1;
        } else if best.is_none_or(|(pods, _)| machine.pods < pods) {
            best = Some((machine.pods, name));
        }
    }
    match best {
        Some((_, name)) => Ok(name.clone()),
        None => Err(reason(machines.len(), full, other, cordoned)),
    }
}

fn reason(all: usize, full: usize, other: usize, cordoned: usize) -> String {
    let mut parts = Vec::new();
    if full > 0 {
        parts.push(format!("{full} Too many pods"));
    }
    if cordoned > 0 {
        parts.push(format!("{cordoned} node(s) were unschedulable"));
    }
    if other > 0 {
        parts.push(format!("{other} node(s) didn't match Pod's node affinity/selector"));
    }
    format!("0/{all} nodes are available: {}.", parts.join(", "))
}

fn matches(spec: &PodSpec, labels: &BTreeMap<String, String>) -> bool {
    let selector = spec.node_selector.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let terms = spec
        .affinity
        .as_ref()
        .and_then(|a| a.node_affinity.as_ref())
        .and_then(|n| n.required_during_scheduling_ignored_during_execution.as_ref())
        .map(|required| required.node_selector_terms.as_slice());
    selector && terms.is_none_or(|terms| terms.iter().any(|term| term_matches(term, labels)))
}

fn term_matches(term: &NodeSelectorTerm, labels: &BTreeMap<String, String>) -> bool {
    let requirements = term.match_expressions.as_deref().unwrap_or_default();
    !requirements.is_empty() && requirements.iter().all(|r| requirement_matches(r, labels))
}

fn requirement_matches(requirement: &NodeSelectorRequirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&requirement.key);
    let values = requirement.values.as_deref().unwrap_or_default();
    let number = |text: Option<&String>| text.and_then(|t| t.parse::<i64>().ok());
    match requirement.operator.as_str() {
        "In" => value.is_some_and(|v| values.contains(v)),
        "NotIn" => value.is_none_or(|v| !values.contains(v)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => number(value).zip(number(values.first())).is_some_and(|(have, limit)| have > limit),
        "Lt" => number(value).zip(number(values.first())).is_some_and(|(have, limit)| have < limit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(cell: &str, pods: usize) -> Machine {
        Machine { labels: [("cell".to_owned(), cell.to_owned())].into(), pods_max: 2, pods, cordoned: false }
    }

    fn pod(cell: &str) -> PodSpec {
        let spec = serde_json::json!({"containers": [], "nodeSelector": {"cell": cell}});
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn the_emptiest_fitting_node_gets_the_pod_and_a_full_cell_says_so() {
        let machines: BTreeMap<String, Machine> =
            [("a1", machine("A", 1)), ("a2", machine("A", 0)), ("b1", machine("B", 2))]
                .map(|(name, machine)| (name.to_owned(), machine))
                .into();
        assert_eq!(place(&pod("A"), &machines).unwrap(), "a2");
        let error = place(&pod("B"), &machines).unwrap_err();
        assert_eq!(
            error,
            "0/3 nodes are available: 1 Too many pods, 2 node(s) didn't match Pod's node affinity/selector."
        );
    }
}
