//! Auto-reschedule: a pod without room gives its place to another cell, and stays as a probe: it starts when its cell
//! has room again, and then the place returns by itself.

use model::Timestamp;

use super::snapshot::{Deployment, Seen};
use crate::pod::PodView;

/// Pods of a cell that have been without room for too long.
pub(super) fn stuck(deployment: &Deployment, pods: &[&PodView], now: Timestamp) -> u32 {
    let Some(delay_seconds) = deployment.reschedule_after_seconds else { return 0 };
    let count = pods.iter().filter(|pod| pod.is_stuck(delay_seconds, now)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// When the next pod will have been without room for too long.
pub(super) fn wake_at(deployment: &Deployment, seen: &Seen, now: Timestamp) -> Option<Timestamp> {
    let delay_seconds = deployment.reschedule_after_seconds?;
    seen.pods.iter().filter_map(|pod| pod.stuck_at(delay_seconds)).filter(|at| *at > now).min()
}
