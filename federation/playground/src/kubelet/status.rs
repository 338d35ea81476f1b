//! What is next for one pod: nothing, wait, a new status, or its end.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodCondition, PodIP, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::containers::{is_settled, started};

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Delays {
    /// From placed to started, and from a changed image to restarted.
    pub start: Duration,
}

/// What is next for a pod.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Nothing, until something changes.
    Nothing,
    /// This status, after a while.
    Status {
        /// How long the change takes.
        after: Duration,
        /// The status then.
        status: Box<PodStatus>,
    },
    /// It was asked to go, and goes.
    Remove,
}

/// Looks at one pod that has a node. `address` is the pod's own.
pub fn next(pod: &Pod, address: &str, delays: Delays, now: Timestamp) -> Next {
    if pod.metadata.deletion_timestamp.is_some() {
        return Next::Remove;
    }
    let (Some(spec), now) = (&pod.spec, Time(now)) else { return Next::Nothing };
    let old = pod.status.clone().unwrap_or_default();
    let statuses = old.container_statuses.clone().unwrap_or_default();
    let find = |name: &str| statuses.iter().find(|s| s.name == name);
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    let settled = spec.containers.iter().all(|c| is_settled(c, find(&c.name)));
    let containers: Vec<_> = spec
        .containers
        .iter()
        .map(|container| {
            let status = find(&container.name);
            match status {
                Some(status) if is_settled(container, Some(status)) => status.clone(),
                status => started(container, status, uid, &now),
            }
        })
        .collect();
    let ran = containers.iter().any(|c| c.container_id.is_some());
    let mut status = PodStatus {
        phase: Some(if ran { "Running" } else { "Pending" }.into()),
        pod_ip: Some(address.to_owned()),
        pod_ips: Some(vec![PodIP { ip: address.to_owned() }]),
        host_ip: Some("10.0.0.1".into()),
        start_time: old.start_time.clone().or_else(|| Some(now.clone())),
        container_statuses: Some(containers),
        observed_generation: pod.metadata.generation,
        ..old.clone()
    };
    status.conditions = Some(conditions(pod, &status, &now));
    if status == old {
        return Next::Nothing;
    }
    let after = if settled { Duration::ZERO } else { delays.start };
    Next::Status { after, status: Box::new(status) }
}

/// The kubelet's own conditions; those of others (readiness gates) are left as they are.
fn conditions(pod: &Pod, status: &PodStatus, now: &Time) -> Vec<PodCondition> {
    let old = pod.status.as_ref().and_then(|s| s.conditions.clone()).unwrap_or_default();
    let containers = status.container_statuses.as_deref().unwrap_or_default();
    let waiting: Vec<&str> = containers.iter().filter(|c| !c.ready).map(|c| c.name.as_str()).collect();
    let gates = pod.spec.as_ref().and_then(|s| s.readiness_gates.clone()).unwrap_or_default();
    let closed: Vec<&str> = gates
        .iter()
        .map(|gate| gate.condition_type.as_str())
        .filter(|gate| !old.iter().any(|c| c.type_ == *gate && c.status == "True"))
        .collect();
    let not_ready = format!("containers with unready status: [{}]", waiting.join(" "));
    let containers_ready = match waiting.is_empty() {
        true => ("True", None),
        false => ("False", Some(("ContainersNotReady", not_ready.clone()))),
    };
    let ready = if !waiting.is_empty() {
        ("False", Some(("ContainersNotReady", not_ready)))
    } else if !closed.is_empty() {
        let message = format!(
            "corresponding condition of pod readiness gate \"{}\" does not exist or is not True.",
            closed.join(" ")
        );
        ("False", Some(("ReadinessGatesNotReady", message)))
    } else {
        ("True", None)
    };
    let mut all = old;
    set(&mut all, "PodScheduled", ("True", None), now);
    set(&mut all, "Initialized", ("True", None), now);
    set(&mut all, "ContainersReady", containers_ready, now);
    set(&mut all, "Ready", ready, now);
    all
}

type Value = (&'static str, Option<(&'static str, String)>);

fn set(all: &mut Vec<PodCondition>, type_: &str, (status, why): Value, now: &Time) {
    let (reason, message) = match why {
        Some((reason, message)) => (Some(reason.to_owned()), Some(message)),
        None => (None, None),
    };
    let since = match all.iter().find(|c| c.type_ == type_) {
        Some(old) if old.status == status => old.last_transition_time.clone(),
        _ => Some(now.clone()),
    };
    let new = PodCondition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        reason,
        message,
        last_transition_time: since,
        ..PodCondition::default()
    };
    match all.iter_mut().find(|c| c.type_ == type_) {
        Some(old) => *old = new,
        None => all.push(new),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DELAYS: Delays = Delays { start: Duration::from_millis(5) };

    fn pod(image: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": "p", "uid": "u"},
            "spec": {"containers": [{"name": "c", "image": image}], "readinessGates": [{"conditionType": "Gate"}]}
        }))
        .unwrap()
    }

    fn step(pod: &mut Pod) -> bool {
        match next(pod, "10.1.0.1", DELAYS, Timestamp::UNIX_EPOCH) {
            Next::Status { status, .. } => {
                pod.status = Some(*status);
                true
            }
            _ => false,
        }
    }

    fn condition<'a>(pod: &'a Pod, type_: &str) -> &'a str {
        let conditions = pod.status.as_ref().unwrap().conditions.as_ref().unwrap();
        conditions.iter().find(|c| c.type_ == type_).map_or("", |c| c.status.as_str())
    }

    fn container(pod: &Pod) -> k8s_openapi::api::core::v1::ContainerStatus {
        pod.status.as_ref().unwrap().container_statuses.as_ref().unwrap()[0].clone()
    }

    #[test]
    fn a_pod_is_ready_only_with_its_gate_open() {
        let mut pod = pod("shop:v1");
        assert!(step(&mut pod));
        assert_eq!((condition(&pod, "ContainersReady"), condition(&pod, "Ready")), ("True", "False"));
        assert!(!step(&mut pod), "nothing more happens by itself");
        let gate = PodCondition { type_: "Gate".into(), status: "True".into(), ..PodCondition::default() };
        pod.status.as_mut().unwrap().conditions.as_mut().unwrap().push(gate);
        assert!(step(&mut pod));
        assert_eq!(condition(&pod, "Ready"), "True");
    }

    #[test]
    fn a_new_image_is_a_new_container_and_a_bad_one_keeps_the_old_identity() {
        let mut pod = pod("shop:v1");
        step(&mut pod);
        let first = container(&pod);
        pod.spec.as_mut().unwrap().containers[0].image = Some("shop:v2".into());
        step(&mut pod);
        let second = container(&pod);
        assert_ne!(first.container_id, second.container_id);
        assert_eq!((second.restart_count, second.image.as_str()), (1, "docker.io/library/shop:v2"));
        pod.spec.as_mut().unwrap().containers[0].image = Some("shop:bad".into());
        step(&mut pod);
        let third = container(&pod);
        assert_eq!((third.container_id, third.ready), (second.container_id, false));
        assert!(!step(&mut pod), "it stays like that");
    }
}
