//! What is seen of every cell's pods.

use model::Timestamp;

use super::shares::{Entitled, pods_by_cell};
use super::snapshot::{Deployment, Seen};
use crate::pod::{PodView, problem};

/// A cell: what it should have, and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CellCount {
    /// What it should have.
    pub entitled: Entitled,
    /// Pods that are alive.
    pub alive: u32,
    /// Pods with the label of the revision, proven or not.
    pub at_revision: u32,
    /// Pods that run the revision, proven.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// Pods that run the revision, proven, and are available.
    pub updated_available: u32,
    /// The first problem of a pod.
    pub problem: Option<String>,
}

/// Counts every cell that the application lists, in order.
pub(super) fn cells(
    deployment: &Deployment,
    seen: &Seen,
    shares: Vec<Entitled>,
    revision: &str,
    now: Timestamp,
) -> Vec<CellCount> {
    let by_cell = pods_by_cell(seen);
    let count = |entitled: Entitled| {
        let pods = by_cell.get(&entitled.cell).map(Vec::as_slice).unwrap_or_default();
        cell(deployment, entitled, pods, revision, now)
    };
    shares.into_iter().map(count).collect()
}

fn cell(
    deployment: &Deployment,
    entitled: Entitled,
    pods: &[&PodView],
    revision: &str,
    now: Timestamp,
) -> CellCount {
    let of = |test: &dyn Fn(&PodView) -> bool| {
        u32::try_from(pods.iter().filter(|pod| test(pod)).count()).unwrap_or(u32::MAX)
    };
    let is_updated = |pod: &PodView| pod.revision == revision && pod.is_proven();
    let is_available = |pod: &PodView| pod.is_available(deployment.min_ready_seconds, now);
    CellCount {
        entitled,
        alive: of(&|_| true),
        at_revision: of(&|pod| pod.revision == revision),
        updated: of(&is_updated),
        ready: of(&PodView::is_ready),
        available: of(&is_available),
        updated_available: of(&|pod| is_updated(pod) && is_available(pod)),
        problem: pods.iter().filter_map(|pod| problem(pod)).min().map(|found| found.reason),
    }
}

/// Available pods of the application, those in cells that it no longer lists included.
pub(super) fn available_total(deployment: &Deployment, seen: &Seen, now: Timestamp) -> u32 {
    let is_available = |pod: &&PodView| pod.is_alive() && pod.is_available(deployment.min_ready_seconds, now);
    u32::try_from(seen.pods.iter().filter(is_available).count()).unwrap_or(u32::MAX)
}

/// When the next pod becomes available by the passing of time alone.
pub(super) fn wake_at(deployment: &Deployment, seen: &Seen, now: Timestamp) -> Option<Timestamp> {
    let at = |pod: &PodView| pod.available_at(deployment.min_ready_seconds);
    seen.pods.iter().filter_map(at).filter(|at| *at > now).min()
}
