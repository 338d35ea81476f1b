//! Adding up what clusters report.

use std::collections::BTreeMap;
use std::fmt;

use model::release::PodProblem;
use model::{CellName, ClusterName};

use super::PROBLEMS_MAX;
use crate::fleet::Reach;

/// Whether a cluster's Work is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// All objects are as the Work says.
    Yes,
    /// The agent has not reported about what the Work says now.
    NotYet,
    /// An object could not be applied.
    Failed {
        /// What the member answered, with the object's name.
        message: String,
    },
}

/// Pods of one cell, as its agent reports them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CellCounts {
    /// The revision that its updated pods run.
    pub revision: String,
    /// Pods there are.
    pub replicas: u32,
    /// Pods at the revision wanted.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that were ready for long enough.
    pub available: u32,
}

/// What is known of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterReport {
    /// The cluster.
    pub cluster: ClusterName,
    /// Whether its numbers are of now.
    pub reach: Reach,
    /// Whether its Work is carried out.
    pub applied: Applied,
    /// The generation of the Work that the agent has seen.
    pub observed_generation: i64,
    /// Its cells, as last reported.
    pub cells: BTreeMap<CellName, CellCounts>,
    /// Pods with problems, as last reported.
    pub problems: Vec<PodProblem>,
}

/// A pod that is not well, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Its cluster.
    pub cluster: ClusterName,
    /// The pod and why.
    pub pod: PodProblem,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.pod)
    }
}

/// Pods of an application. Those of clusters that cannot be reached are not in `updated`, `ready` and
/// `available`: nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Pods that should be.
    pub desired: u32,
    /// Pods there are, as last reported by anybody.
    pub replicas: u32,
    /// Pods at the revision wanted.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// Pods that were available when their cluster was last heard, and are not in `available`.
    pub unknown: u32,
}

/// One cell, as status shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSummary {
    /// The cell.
    pub cell: CellName,
    /// Its cluster.
    pub cluster: ClusterName,
    /// Pods that should be.
    pub desired: u32,
    /// Pods there are, as last reported.
    pub counts: CellCounts,
    /// Why the numbers are not of now, or not as wanted; empty when all is well.
    pub reason: String,
}

/// One cluster, as status shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSummary {
    /// The cluster.
    pub cluster: ClusterName,
    /// Whether it can be reached.
    pub reach: Reach,
    /// Whether its Work is carried out.
    pub applied: Applied,
    /// The generation of the Work that the agent has seen.
    pub observed_generation: i64,
    /// What to say about it; empty when all is well.
    pub message: String,
}

/// An application in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// All cells together.
    pub totals: Totals,
    /// Each cell, by name; those that should be empty but are not included.
    pub cells: Vec<CellSummary>,
    /// Each cluster, by name.
    pub clusters: Vec<ClusterSummary>,
    /// The first problems, by cluster and pod.
    pub problems: Vec<Problem>,
}

impl Summary {
    /// The cell that is furthest behind in available pods, of those that are known; `None` when none is.
    #[must_use]
    pub fn laggard(&self) -> Option<&CellSummary> {
        let behind = |cell: &CellSummary| cell.desired.saturating_sub(cell.counts.available);
        let is_known = |cell: &&CellSummary| self.reach(&cell.cluster).is_none_or(Reach::counts);
        self.cells
            .iter()
            .filter(is_known)
            .filter(|cell| behind(cell) > 0)
            .max_by(|a, b| behind(a).cmp(&behind(b)).then_with(|| b.cell.cmp(&a.cell)))
    }

    fn reach(&self, cluster: &ClusterName) -> Option<Reach> {
        self.clusters.iter().find(|summary| summary.cluster == *cluster).map(|summary| summary.reach)
    }
}

/// Adds up: `desired` is the share of each cell and its cluster, `reports` what is known of each cluster.
#[must_use]
pub fn summarize(
    desired: &BTreeMap<CellName, (ClusterName, u32)>,
    reports: &BTreeMap<ClusterName, ClusterReport>,
) -> Summary {
    let mut summary = Summary::default();
    let mut wanted: BTreeMap<&CellName, (&ClusterName, u32)> =
        desired.iter().map(|(cell, (cluster, share))| (cell, (cluster, *share))).collect();
    for report in reports.values() {
        for (cell, counts) in &report.cells {
            if counts.replicas > 0 {
                wanted.entry(cell).or_insert((&report.cluster, 0));
            }
        }
        summary.clusters.push(cluster_summary(report));
        let problems = report.problems.iter().cloned();
        summary.problems.extend(problems.map(|pod| Problem { cluster: report.cluster.clone(), pod }));
    }
    summary.problems.sort();
    summary.problems.truncate(PROBLEMS_MAX);
    for (cell, (cluster, share)) in wanted {
        let report = reports.get(cluster);
        let counts = report.and_then(|report| report.cells.get(cell)).cloned().unwrap_or_default();
        let is_known = report.is_some_and(|report| report.reach.counts());
        add(&mut summary.totals, share, &counts, is_known);
        let reason = cell_reason(share, &counts, report);
        let (cell, cluster) = (cell.clone(), cluster.clone());
        summary.cells.push(CellSummary { cell, cluster, desired: share, counts, reason });
    }
    summary
}

fn add(totals: &mut Totals, desired: u32, counts: &CellCounts, is_known: bool) {
    let plus = |total: &mut u32, more: u32| *total = total.saturating_add(more);
    plus(&mut totals.desired, desired);
    plus(&mut totals.replicas, counts.replicas);
    if is_known {
        plus(&mut totals.updated, counts.updated);
        plus(&mut totals.ready, counts.ready);
        plus(&mut totals.available, counts.available);
    } else {
        plus(&mut totals.unknown, counts.available);
    }
}

fn cell_reason(desired: u32, counts: &CellCounts, report: Option<&ClusterReport>) -> String {
    match report {
        None => "Unknown: its cluster has not reported".to_owned(),
        Some(report) => match (report.reach, &report.applied) {
            (Reach::Ready, Applied::Failed { message }) => format!("ApplyFailed: {message}"),
            (Reach::Ready, _) if counts.available < desired => {
                format!("{} of {desired} pods available", counts.available)
            }
            (Reach::Ready, _) if counts.replicas > desired => {
                format!("{} pods to be removed", counts.replicas - desired)
            }
            (Reach::Ready, _) => String::new(),
            (Reach::Unknown { since }, _) => format!("Unknown: cluster not heard since {since}"),
            (reach, _) => format!("Unknown: cluster is {reach}"),
        },
    }
}

fn cluster_summary(report: &ClusterReport) -> ClusterSummary {
    let message = match (report.reach, &report.applied) {
        (Reach::Ready, Applied::Yes) => String::new(),
        (Reach::Ready, Applied::NotYet) => "not applied yet".to_owned(),
        (Reach::Ready, Applied::Failed { message }) => message.clone(),
        (reach, _) => format!("cluster is {reach}"),
    };
    ClusterSummary {
        cluster: report.cluster.clone(),
        reach: report.reach,
        applied: report.applied.clone(),
        observed_generation: report.observed_generation,
        message,
    }
}

#[cfg(test)]
pub(super) mod tests;
