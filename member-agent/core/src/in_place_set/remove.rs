//! Pods that go: those that ended, and those that are too many.

use std::cmp::Reverse;

use super::{Act, Set, Why};
use crate::pod::PodView;
use crate::pod_life::is_moving;

/// Deletes pods that will never run again; returns the pods that are alive.
pub(super) fn ended<'a>(pods: &'a [PodView], acts: &mut Vec<Act>) -> Vec<&'a PodView> {
    for pod in pods.iter().filter(|pod| pod.ended && !pod.deleting) {
        acts.push(delete(pod, Why::Ended));
    }
    pods.iter().filter(|pod| pod.is_alive()).collect()
}

/// Deletes what is too many: not-ready ones first, then those of an old revision, then the younger ones. While paused,
/// a pod in the middle of an update is the last to be touched: it is to be finished.
pub(super) fn surplus(set: &Set, alive: &mut Vec<&PodView>, acts: &mut Vec<Act>) {
    let surplus = alive.len().saturating_sub(set.replicas as usize);
    if surplus == 0 {
        return;
    }
    alive.sort_by_key(|pod| {
        let keep_moving = set.paused && is_moving(pod);
        let is_new = pod.revision == set.identity.revision;
        (keep_moving, pod.is_ready(), is_new, Reverse(pod.created), pod.name.clone())
    });
    for pod in alive.drain(..surplus) {
        acts.push(delete(pod, Why::Surplus));
    }
}

pub(super) fn delete(pod: &PodView, why: Why) -> Act {
    Act::Delete { name: pod.name.clone(), uid: pod.uid.clone(), why }
}
