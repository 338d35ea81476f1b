//! A pod as the core sees it.

use std::collections::BTreeMap;

use crds::names::{CAFEDEPLOYMENT_LABEL, IN_PLACE_READY, IN_PLACE_STATE, REVISION_LABEL};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition, PodStatus};
use kube::ResourceExt;
use member_agent_core::pod::{ContainerView, PodView, Scheduling};
use member_agent_core::pod_life::Record;
use model::Timestamp;

use super::time::timestamp;
use crate::world::{Key, PodEntry};

/// The facts of a pod of an application; `None` for one that no set controls.
pub(crate) fn pod_entry(pod: &Pod) -> Option<PodEntry> {
    let application = pod.labels().get(CAFEDEPLOYMENT_LABEL)?;
    let owner = pod.owner_references().iter().find(|owner| owner.controller == Some(true))?;
    Some(PodEntry {
        application: Key::new(pod.namespace().unwrap_or_default(), application),
        owner_uid: owner.uid.clone(),
        in_place: owner.kind == "InPlaceSet",
        version: pod.resource_version().unwrap_or_default(),
        view: view(pod, &owner.name),
    })
}

fn view(pod: &Pod, set: &str) -> PodView {
    let empty = PodStatus::default();
    let status = pod.status.as_ref().unwrap_or(&empty);
    let ready = condition(status, "Ready").filter(|condition| condition.status == "True");
    let phase = status.phase.as_deref().unwrap_or_default();
    PodView {
        name: pod.name_any(),
        uid: pod.uid().unwrap_or_default(),
        set: set.to_owned(),
        revision: pod.labels().get(REVISION_LABEL).cloned().unwrap_or_default(),
        created: pod.metadata.creation_timestamp.as_ref().map(timestamp).unwrap_or_default(),
        deleting: pod.metadata.deletion_timestamp.is_some(),
        ended: phase == "Failed" || phase == "Succeeded",
        ready_since: ready.map(transition),
        gate: condition(status, IN_PLACE_READY).map(|condition| condition.status == "True"),
        observed: status.observed_generation.is_none_or(|seen| seen >= pod.metadata.generation.unwrap_or(0)),
        scheduling: scheduling(pod, status),
        containers: containers(pod, status),
        record: pod.annotations().get(IN_PLACE_STATE).and_then(|text| Record::parse(text)),
    }
}

fn condition<'a>(status: &'a PodStatus, kind: &str) -> Option<&'a PodCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == kind)
}

fn transition(condition: &PodCondition) -> Timestamp {
    condition.last_transition_time.as_ref().map(timestamp).unwrap_or_default()
}

fn scheduling(pod: &Pod, status: &PodStatus) -> Scheduling {
    if pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some()) {
        return Scheduling::Placed;
    }
    match condition(status, "PodScheduled") {
        Some(condition)
            if condition.status == "False" && condition.reason.as_deref() == Some("Unschedulable") =>
        {
            let message = condition.message.clone().unwrap_or_default();
            Scheduling::NoRoom { since: transition(condition), message }
        }
        _ => Scheduling::Waiting,
    }
}

fn containers(pod: &Pod, status: &PodStatus) -> BTreeMap<String, ContainerView> {
    let statuses = status.container_statuses.as_deref().unwrap_or_default();
    let of = |name: &str| statuses.iter().find(|status| status.name == name);
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers
        .map(|container| {
            let mut view = ContainerView {
                image: container.image.clone().unwrap_or_default(),
                ..ContainerView::default()
            };
            if let Some(status) = of(&container.name) {
                view.id = status.container_id.clone().unwrap_or_default();
                view.ready = status.ready;
                view.waiting = waiting(status);
            }
            (container.name.clone(), view)
        })
        .collect()
}

fn waiting(status: &ContainerStatus) -> Option<(String, String)> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    Some((waiting.reason.clone().unwrap_or_default(), waiting.message.clone().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(status: serde_json::Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": {
                "name": "shop-a-x", "namespace": "shop", "uid": "u", "generation": 2, "resourceVersion": "7",
                "labels": {CAFEDEPLOYMENT_LABEL: "shop", REVISION_LABEL: "r1"},
                "ownerReferences": [{"apiVersion": "apps.cafefed.dev/v1alpha1", "kind": "InPlaceSet",
                    "name": "shop-a", "uid": "s", "controller": true}],
            },
            "spec": {"containers": [{"name": "shop", "image": "shop:1"}]},
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn facts_of_a_running_pod() {
        let mut running = pod(json!({
            "phase": "Running", "observedGeneration": 1,
            "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": "1970-01-01T00:00:09Z"},
                {"type": IN_PLACE_READY, "status": "False"},
            ],
            "containerStatuses": [{"name": "shop", "image": "x", "imageID": "", "containerID": "c1",
                "ready": true, "restartCount": 0}],
        }));
        running.spec.as_mut().unwrap().node_name = Some("n".into());
        let entry = pod_entry(&running).unwrap();
        assert!(entry.in_place);
        assert_eq!((entry.owner_uid.as_str(), entry.version.as_str()), ("s", "7"));
        let view = entry.view;
        assert_eq!((view.set.as_str(), view.revision.as_str(), view.gate), ("shop-a", "r1", Some(false)));
        assert_eq!(view.ready_since, Some(Timestamp::from_seconds(9)));
        assert!(!view.observed);
        assert_eq!(view.containers["shop"].id, "c1");
        assert_eq!(view.scheduling, Scheduling::Placed);
    }

    #[test]
    fn a_pod_without_room_says_since_when() {
        let waiting = pod(
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "0/2 nodes", "lastTransitionTime": "1970-01-01T00:00:03Z"}]}),
        );
        let view = pod_entry(&waiting).unwrap().view;
        let since = Timestamp::from_seconds(3);
        assert_eq!(view.scheduling, Scheduling::NoRoom { since, message: "0/2 nodes".into() });
        assert!(
            view.is_stuck(10, Timestamp::from_seconds(13)) && !view.is_stuck(11, Timestamp::from_seconds(13))
        );
    }

    #[test]
    fn a_pod_that_no_set_controls_is_not_ours() {
        let mut stray = pod(json!({}));
        stray.metadata.owner_references = None;
        assert!(pod_entry(&stray).is_none());
    }
}
