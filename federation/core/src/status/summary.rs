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
pub(super) mod tests {
    use super::*;
    use crate::fleet::tests::{cell, cluster};
    use model::Timestamp;
    use proptest::prelude::*;

    pub(in crate::status) fn report(name: &str, cells: &[(&str, u32)]) -> ClusterReport {
        let counts = |pods: u32| CellCounts {
            revision: "v1".to_owned(),
            replicas: pods,
            updated: pods,
            ready: pods,
            available: pods,
        };
        ClusterReport {
            cluster: cluster(name),
            reach: Reach::Ready,
            applied: Applied::Yes,
            observed_generation: 1,
            cells: cells.iter().map(|(name, pods)| (cell(name), counts(*pods))).collect(),
            problems: Vec::new(),
        }
    }

    pub(in crate::status) fn sum(desired: &[(&str, &str, u32)], reports: &[ClusterReport]) -> Summary {
        summarize(
            &desired.iter().map(|(name, of, share)| (cell(name), (cluster(of), *share))).collect(),
            &reports.iter().map(|report| (report.cluster.clone(), report.clone())).collect(),
        )
    }

    #[test]
    fn adds_up_and_names_the_laggard() {
        let summary = sum(
            &[("rz00a", "hz-a", 5), ("rz00b", "hz-b", 5)],
            &[report("hz-a", &[("rz00a", 5)]), report("hz-b", &[("rz00b", 2)])],
        );
        assert_eq!((summary.totals.desired, summary.totals.available), (10, 7));
        assert_eq!(summary.laggard().unwrap().cell, cell("rz00b"));
        assert_eq!(summary.cells[1].reason, "2 of 5 pods available");
    }

    #[test]
    fn a_cut_off_cluster_is_unknown_since_when_and_never_healthy() {
        let mut away = report("hz-b", &[("rz00b", 5)]);
        away.reach = Reach::Unknown { since: Timestamp::from_seconds(60) };
        let summary =
            sum(&[("rz00a", "hz-a", 5), ("rz00b", "hz-b", 5)], &[report("hz-a", &[("rz00a", 5)]), away]);
        assert_eq!((summary.totals.available, summary.totals.unknown), (5, 5));
        assert_eq!(summary.cells[1].reason, "Unknown: cluster not heard since 1970-01-01T00:01:00.000Z");
        assert_eq!(summary.laggard(), None);
    }

    #[test]
    fn pods_where_none_should_be_are_shown() {
        let summary = sum(&[("rz00a", "hz-a", 1)], &[report("hz-a", &[("rz00a", 1), ("rz01a", 2)])]);
        assert_eq!(summary.cells[1].reason, "2 pods to be removed");
        assert_eq!((summary.totals.desired, summary.totals.replicas), (1, 3));
    }

    #[test]
    fn five_problems_at_most_by_cluster_and_pod() {
        let mut sick = report("hz-b", &[]);
        sick.problems = (0..9)
            .rev()
            .map(|n| PodProblem { pod: format!("p{n}"), reason: "ImagePullBackOff".to_owned() })
            .collect();
        let shown: Vec<String> = sum(&[], &[sick]).problems.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), PROBLEMS_MAX);
        assert_eq!(shown[0], "hz-b/p0 ImagePullBackOff");
    }

    proptest! {
        #[test]
        fn totals_are_the_sum_of_cells(
            pods in proptest::collection::vec((0..9_u32, 0..9_u32, any::<bool>()), 0..6),
        ) {
            let mut desired = BTreeMap::new();
            let mut reports = BTreeMap::new();
            for (place, (share, there, is_away)) in pods.iter().enumerate() {
                let (cell_name, cluster_name) = (format!("c{place}"), format!("k{place}"));
                desired.insert(cell(&cell_name), (cluster(&cluster_name), *share));
                let mut one = report(&cluster_name, &[(&cell_name, *there)]);
                if *is_away {
                    one.reach = Reach::Unknown { since: Timestamp::default() };
                }
                reports.insert(one.cluster.clone(), one);
            }
            let summary = summarize(&desired, &reports);
            let sum = |of: fn(&CellSummary) -> u32| summary.cells.iter().map(of).sum::<u32>();
            prop_assert_eq!(summary.totals.desired, sum(|cell| cell.desired));
            prop_assert_eq!(summary.totals.replicas, sum(|cell| cell.counts.replicas));
            prop_assert_eq!(
                summary.totals.available + summary.totals.unknown,
                sum(|cell| cell.counts.available)
            );
        }
    }
}
