//! A CafeDeployment and its sets as the core sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crds::apps::{
    CafeDeployment, InPlaceSet, JsonPatchOperation, PodSetType, PodUpgradePolicy, UnitType, UpgradeType,
};
use crds::names::{CELL_LABEL, RELEASE_SEQ, REVISION_LABEL, ROLLBACK_TO, UPGRADE_CONFIRMED, WORK_LABEL};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt;
use member_agent_core::cafe_deployment::{self as core, ALL_CELLS, SetSeen};
use member_agent_core::in_place_set;
use member_agent_core::template::CellOverride;
use serde_json::Value;

use super::time::timestamp;

/// The spec and the annotations that count.
pub(crate) fn deployment(object: &CafeDeployment) -> core::Deployment {
    let spec = &object.spec;
    let (strategy, topology) = (&spec.strategy, &spec.topology);
    let annotation = |name: &str| object.annotations().get(name).cloned();
    core::Deployment {
        name: object.name_any(),
        generation: object.metadata.generation.unwrap_or(0),
        replicas: count(spec.replicas),
        match_labels: match_labels(&spec.selector),
        template: Arc::new(spec.template.0.clone()),
        overrides: topology.overrides.iter().map(cell_override).collect(),
        pod_set_type: match spec.pod_set_type {
            PodSetType::InPlaceSet => core::PodSetType::InPlaceSet,
            PodSetType::ReplicaSet => core::PodSetType::ReplicaSet,
        },
        upgrade_type: match strategy.upgrade_type {
            UpgradeType::Beta => model::groups::UpgradeType::Beta,
            UpgradeType::Batch => model::groups::UpgradeType::Batch,
        },
        batch_size: strategy.batch_size.map(count),
        need_confirm: strategy.need_waiting_for_confirm,
        confirm_scaling: strategy.confirm_scaling,
        min_ready_seconds: count(strategy.min_ready_seconds),
        pause: strategy.pause,
        policy: policy(strategy.pod_upgrade_policy),
        confirmed: strategy
            .confirmed
            .map(|word| core::Confirmed { release_seq: word.release_seq, group: word.group }),
        cells: (topology.unit_type != UnitType::None).then(|| topology.values.clone()),
        pins: match topology.unit_type {
            UnitType::None => BTreeMap::new(),
            _ => topology.unit_replicas.iter().map(|(cell, pin)| (cell.clone(), pin_text(pin))).collect(),
        },
        assigned: match topology.unit_type {
            UnitType::None => BTreeMap::new(),
            _ => topology.assigned.iter().map(|(cell, number)| (cell.clone(), count(*number))).collect(),
        },
        reschedule_after_seconds: topology
            .auto_reschedule
            .enable
            .then(|| count(topology.auto_reschedule.initial_delay_seconds)),
        history_limit: usize::try_from(spec.history_limit).unwrap_or(1),
        progress_deadline_seconds: count(spec.progress_deadline_seconds),
        hub_release_seq: annotation(RELEASE_SEQ).and_then(|text| text.parse().ok()),
        has_hub_owner: object.labels().contains_key(WORK_LABEL),
        upgrade_confirmed: annotation(UPGRADE_CONFIRMED),
        rollback_to: annotation(ROLLBACK_TO),
    }
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn pin_text(pin: &IntOrString) -> String {
    match pin {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    }
}

fn cell_override(change: &crds::apps::CellOverride) -> CellOverride {
    let operation = |operation: &JsonPatchOperation| serde_json::to_value(operation).unwrap_or(Value::Null);
    CellOverride { cells: change.values.clone(), patches: change.patches.iter().map(operation).collect() }
}

pub(super) fn policy(policy: PodUpgradePolicy) -> in_place_set::PodUpgradePolicy {
    match policy {
        PodUpgradePolicy::InPlaceIfPossible => in_place_set::PodUpgradePolicy::InPlaceIfPossible,
        PodUpgradePolicy::InPlaceOnly => in_place_set::PodUpgradePolicy::InPlaceOnly,
        PodUpgradePolicy::Recreate => in_place_set::PodUpgradePolicy::Recreate,
    }
}

/// `matchLabels` of a selector.
pub(crate) fn match_labels(selector: &LabelSelector) -> BTreeMap<String, String> {
    selector.match_labels.clone().unwrap_or_default()
}

/// An InPlaceSet as the plan of its application sees it.
pub(crate) fn seen_set_in_place(set: &InPlaceSet) -> SetSeen {
    let cell = if set.spec.cell.is_empty() { ALL_CELLS } else { &set.spec.cell };
    SetSeen {
        name: set.name_any(),
        set_type: core::PodSetType::InPlaceSet,
        cell: cell.to_owned(),
        revision: set.spec.revision.clone(),
        replicas: count(set.spec.replicas),
        created: set.metadata.creation_timestamp.as_ref().map(timestamp).unwrap_or_default(),
    }
}

/// A ReplicaSet as the plan of its application sees it.
pub(crate) fn seen_set_replica(set: &ReplicaSet) -> SetSeen {
    let label = |name: &str| set.labels().get(name).cloned();
    SetSeen {
        name: set.name_any(),
        set_type: core::PodSetType::ReplicaSet,
        cell: label(CELL_LABEL).unwrap_or_else(|| ALL_CELLS.to_owned()),
        revision: label(REVISION_LABEL).unwrap_or_default(),
        replicas: set.spec.as_ref().and_then(|spec| spec.replicas).map_or(1, count),
        created: set.metadata.creation_timestamp.as_ref().map(timestamp).unwrap_or_default(),
    }
}

/// The phase of a release as the API spells it.
pub(crate) fn release_word(phase: core::Phase) -> &'static str {
    match phase {
        core::Phase::Releasing => "Releasing",
        core::Phase::WaitingForConfirm => "WaitingForConfirm",
        core::Phase::Paused => "Paused",
        core::Phase::Succeeded => "Succeeded",
        core::Phase::Scaling => "Scaling",
        core::Phase::Failed => "Failed",
    }
}
