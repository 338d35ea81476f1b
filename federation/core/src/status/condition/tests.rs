//! Conditions say what is, what is behind, and what nobody knows.

use std::collections::BTreeSet;

use super::super::summary::tests::{report, sum};
use super::*;
use crate::release::{Gate, ReleaseState, plan_release};
use model::Timestamp;
use model::release::{GroupIndex, ReleaseSeq};

fn plan(gate: Gate) -> ReleasePlan {
    let release = ReleaseState {
        seq: ReleaseSeq(1),
        revision: "v1".to_owned(),
        needs_confirmation: false,
        open_group: GroupIndex(0),
        gate,
    };
    plan_release(&release, &[], &BTreeSet::new())
}

const PLACED: Scheduling = Scheduling { unplaced: 0, reasons: String::new() };

fn texts(scheduling: &Scheduling, summary: &Summary) -> Vec<String> {
    let found = conditions(scheduling, summary, &plan(Gate::Open), &Deadline::Idle, false);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn all_is_well() {
    let summary = sum(&[("rz00a", "hz-a", 5)], &[report("hz-a", &[("rz00a", 5)])]);
    assert_eq!(
        texts(&PLACED, &summary),
        [
            "Scheduled=True/AllPlaced: 5 replicas in 1 cells of 1 clusters",
            "Applied=True/AllApplied: applied in 1 clusters",
            "Progressing=True/Complete: 0 pods run revision v1",
            "Available=True/AllAvailable: 5 of 5 pods available",
            "Paused=False/NotPaused: not paused",
        ]
    );
}

#[test]
fn the_laggard_the_failure_and_the_remainder_are_named() {
    let mut failing = report("hz-b", &[("rz00b", 2)]);
    failing.applied = Applied::Failed { message: "namespaces \"x\" is terminating".to_owned() };
    let summary =
        sum(&[("rz00a", "hz-a", 5), ("rz00b", "hz-b", 5)], &[report("hz-a", &[("rz00a", 5)]), failing]);
    let scheduling = Scheduling { unplaced: 3, reasons: "rz00a: at the maximum of 5".to_owned() };
    let found = texts(&scheduling, &summary);
    assert_eq!(found[0], "Scheduled=False/Unplaced: 3 replicas have no cell: rz00a: at the maximum of 5");
    assert_eq!(found[1], "Applied=False/ApplyFailed: hz-b: namespaces \"x\" is terminating");
    assert_eq!(
        found[3],
        "Available=False/NotAvailable: 7 of 10 pods available; furthest behind is rz00b in hz-b with 2 of 5"
    );
}

#[test]
fn what_is_not_known_says_unknown_and_since_when() {
    let mut away = report("hz-b", &[("rz00b", 5)]);
    away.reach = Reach::Unknown { since: Timestamp::from_seconds(60) };
    away.applied = Applied::NotYet;
    let summary =
        sum(&[("rz00a", "hz-a", 5), ("rz00b", "hz-b", 5)], &[report("hz-a", &[("rz00a", 5)]), away]);
    let found = texts(&PLACED, &summary);
    assert_eq!(
        found[1],
        "Applied=False/Applying: applied in 1 of 2 clusters, waiting for hz-b (not heard since \
         1970-01-01T00:01:00.000Z)"
    );
    assert_eq!(
        found[3],
        "Available=Unknown/ClusterUnknown: 5 of 10 pods known to be available; hz-b is not heard since \
         1970-01-01T00:01:00.000Z"
    );
}

#[test]
fn a_share_that_nobody_reports_is_not_available() {
    let summary = sum(&[("rz00a", "hz-a", 5)], &[]);
    assert_eq!(
        texts(&PLACED, &summary)[3],
        "Available=False/NotAvailable: 0 of 5 pods available; furthest behind is rz00a in hz-a with 0 of 5"
    );
}

#[test]
fn late_paused_and_refused() {
    let summary = sum(&[], &[]);
    let reason = Reason::ProgressDeadlineExceeded {
        seconds: 601,
        deadline_seconds: 600,
        updated: 1,
        pods: 2,
        problems: Vec::new(),
    };
    let late = Deadline::Exceeded { reason };
    let found = conditions(&PLACED, &summary, &plan(Gate::Paused), &late, true);
    assert_eq!(
        found[2].to_string(),
        "Progressing=False/ProgressDeadlineExceeded: no progress for 601 s (limit 600 s), 1 of 2 pods updated"
    );
    assert_eq!(found[4].status(), "True");
    let refused = conditions_of_failure(&PlacementError::Empty.into(), "");
    assert_eq!((refused.status(), refused.why.name()), ("False", "InvalidPlacement"));
    let weightless = DivisionError::NoWeight { replicas: 3, cells: vec!["a".to_owned()] };
    assert_eq!(conditions_of_failure(&weightless.into(), "").why.name(), "NoWeight");
    let nowhere =
        conditions_of_failure(&DivisionError::NoCells { replicas: 3 }.into(), "a: cluster b is suspended");
    assert_eq!(nowhere.to_string(), "Scheduled=False/NoCell: no cell was found: a: cluster b is suspended");
}
