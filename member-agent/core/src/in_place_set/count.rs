//! What is seen of a set's pods.

use model::Timestamp;

use super::{Set, SetStatus};
use crate::pod::{PodView, worst};

/// Counts the pods.
pub(super) fn status(set: &Set, pods: &[PodView], now: Timestamp) -> SetStatus {
    let mut status = SetStatus::default();
    for pod in pods.iter().filter(|pod| pod.is_alive()) {
        let is_updated = pod.revision == set.identity.revision && pod.is_proven();
        let is_available = pod.is_available(set.min_ready_seconds, now);
        status.replicas += 1;
        status.updated += u32::from(is_updated);
        status.ready += u32::from(pod.is_ready());
        status.available += u32::from(is_available);
        status.updated_available += u32::from(is_updated && is_available);
    }
    status.problems = worst(pods.iter(), set.min_ready_seconds, now);
    status
}

/// When the next pod becomes available by the passing of time alone.
pub(super) fn wake_at(set: &Set, pods: &[PodView], now: Timestamp) -> Option<Timestamp> {
    pods.iter().filter_map(|pod| pod.available_at(set.min_ready_seconds)).filter(|at| *at > now).min()
}
