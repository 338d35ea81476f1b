//! An InPlaceSet, to the core and back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crds::apps::{CafeDeployment, InPlaceSet, InPlaceSetSpec, InPlaceSetStatus};
use crds::names::{CAFEDEPLOYMENT_LABEL, TRACEPARENT};
use crds::schema::PodTemplate;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::ResourceExt;
use member_agent_core::cafe_deployment::{ALL_CELLS, SetWrite};
use member_agent_core::in_place_set::{Set, SetPlan};
use member_agent_core::template::{Identity, hash};
use serde_json::Value;

use super::deployment::policy;
use super::status::{number, problem_from_core};
use super::time::{time, timestamp};

/// The spec that a plan wants for a set.
pub(crate) fn set_spec(
    owner: &CafeDeployment,
    write: &SetWrite,
    template: Value,
    current_revision: &str,
    paused: bool,
) -> InPlaceSetSpec {
    let cell = if write.cell == ALL_CELLS && !owner.spec.topology.values.contains(&write.cell) {
        String::new()
    } else {
        write.cell.clone()
    };
    InPlaceSetSpec {
        replicas: number(write.replicas),
        updated_target: number(write.updated_target),
        revision: write.revision.clone(),
        current_revision: current_revision.to_owned(),
        selector: selector(&owner.spec.selector, &owner.name_any()),
        template: PodTemplate(template),
        cell,
        node_label: owner.spec.topology.node_label.clone(),
        min_ready_seconds: owner.spec.strategy.min_ready_seconds,
        pod_upgrade_policy: owner.spec.strategy.pod_upgrade_policy,
        group: write.group,
        paused,
    }
}

/// The application's selector, and its label: what `kubectl get -l` finds.
fn selector(of: &LabelSelector, application: &str) -> LabelSelector {
    let mut selector = of.clone();
    let labels = selector.match_labels.get_or_insert_default();
    labels.insert(CAFEDEPLOYMENT_LABEL.to_owned(), application.to_owned());
    selector
}

/// The set as the core sees it, with the templates of older revisions that were read.
pub(crate) fn core_set(
    set: &InPlaceSet,
    older: &BTreeMap<String, Arc<Value>>,
    lost: &BTreeSet<String>,
) -> Set {
    let spec = &set.spec;
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    let revision = match spec.revision.as_str() {
        "" => hash(&[&spec.template.0]),
        named => named.to_owned(),
    };
    let mut templates = older.clone();
    templates.insert(revision.clone(), Arc::new(spec.template.0.clone()));
    Set {
        name: set.name_any(),
        uid: set.uid().unwrap_or_default(),
        replicas: count(spec.replicas),
        updated_target: count(spec.updated_target),
        identity: Identity {
            application: set.labels().get(CAFEDEPLOYMENT_LABEL).cloned().unwrap_or_else(|| set.name_any()),
            cell: spec.cell.clone(),
            node_label: spec.node_label.clone(),
            revision,
            group: spec.group,
            traceparent: set.annotations().get(TRACEPARENT).cloned(),
        },
        current_revision: spec.current_revision.clone(),
        paused: spec.paused,
        min_ready_seconds: count(spec.min_ready_seconds),
        policy: policy(spec.pod_upgrade_policy),
        templates,
        lost: lost.clone(),
    }
}

/// The status of a set.
pub(crate) fn set_status(
    set: &InPlaceSet,
    core: &Set,
    plan: &SetPlan,
    now: model::Timestamp,
) -> InPlaceSetStatus {
    let seen = &plan.status;
    let generation = set.metadata.generation.unwrap_or(0);
    let before = set.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let condition = |kind: &str, holds: bool, reason: &str, message: String| {
        let status = if holds { "True" } else { "False" };
        let same = before.iter().find(|condition| condition.type_ == kind && condition.status == status);
        Condition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message,
            last_transition_time: time(same.map_or(now, |same| timestamp(&same.last_transition_time))),
            observed_generation: Some(generation),
        }
    };
    let ready = seen.available >= core.replicas && seen.replicas == core.replicas;
    let reason = if ready { "EnoughPods" } else { "TooFewPods" };
    let message = format!("{} of {} pods available", seen.available, core.replicas);
    let mut conditions = vec![condition("Ready", ready, reason, message)];
    if let Some(field) = &plan.refused {
        let message = format!("podUpgradePolicy is InPlaceOnly, but {field} cannot change in a running pod");
        conditions.push(condition("Invalid", true, "InPlaceOnly", message));
    }
    InPlaceSetStatus {
        observed_generation: generation,
        current_revision: core.current_revision.clone(),
        updated_revision: core.identity.revision.clone(),
        replicas: number(seen.replicas),
        updated_replicas: number(seen.updated),
        ready_replicas: number(seen.ready),
        available_replicas: number(seen.available),
        updated_available_replicas: number(seen.updated_available),
        selector: selector_text(&set.spec.selector),
        problems: seen.problems.iter().map(problem_from_core).collect(),
        conditions,
    }
}

/// `key=value` pairs, as `scale` wants them.
pub(crate) fn selector_text(selector: &LabelSelector) -> String {
    let labels = selector.match_labels.iter().flatten();
    labels.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
