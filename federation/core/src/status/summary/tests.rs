//! Numbers add up, and a cut-off cluster is never healthy.

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
