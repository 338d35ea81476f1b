//! The conditions of an application, each with a reason from a closed list and a message with numbers.

use std::fmt;

use model::release::Reason;

use super::{Applied, Summary};
use crate::division::DivisionError;
use crate::fleet::Reach;
use crate::placement::PlacementError;
use crate::release::{Phase, ReleasePlan, deadline::Deadline};

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionType {
    /// Every replica has a cell.
    Scheduled,
    /// Every cluster has what it must hold.
    Applied,
    /// The release is under way or done, and not late.
    Progressing,
    /// Every replica is available.
    Available,
    /// A person paused it.
    Paused,
}

impl fmt::Display for ConditionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Why a condition is as it is; [`Why::name`] is its reason, `Display` its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// All replicas have a cell.
    AllPlaced {
        /// Replicas.
        replicas: u32,
        /// Cells.
        cells: usize,
        /// Clusters.
        clusters: usize,
    },
    /// Some have none.
    Unplaced {
        /// Replicas without a cell.
        unplaced: u32,
        /// The reason of every cell.
        reasons: String,
    },
    /// No cell was chosen.
    NoCell {
        /// The reason of every cell that was considered.
        reasons: String,
    },
    /// The placement itself is refused.
    InvalidPlacement {
        /// The error's message.
        message: String,
    },
    /// All weights are zero.
    NoWeight {
        /// The error's message.
        message: String,
    },
    /// Every cluster has applied.
    AllApplied {
        /// Clusters.
        clusters: usize,
    },
    /// Clusters have not reported about the newest Work.
    Applying {
        /// Clusters that have.
        applied: usize,
        /// Clusters.
        clusters: usize,
        /// Those that have not.
        waiting_for: Vec<String>,
    },
    /// Clusters could not apply.
    ApplyFailed {
        /// Cluster and message of each.
        failures: Vec<String>,
    },
    /// What a release waits for, or that it is done.
    Release(Reason),
    /// All are available.
    AllAvailable {
        /// Pods.
        pods: u32,
    },
    /// Some are not.
    NotAvailable {
        /// Available pods.
        available: u32,
        /// Pods that should be.
        desired: u32,
        /// Cell, cluster and numbers of the one that is furthest behind; empty when no known one is.
        laggard: String,
    },
    /// Clusters that are not heard decide it.
    ClusterUnknown {
        /// Available pods that are known.
        available: u32,
        /// Pods that should be.
        desired: u32,
        /// The clusters, and since when.
        clusters: Vec<String>,
    },
    /// Nobody paused it.
    NotPaused,
    /// Somebody did.
    ByPerson,
}

impl Why {
    /// The condition's reason.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AllPlaced { .. } => "AllPlaced",
            Self::Unplaced { .. } => "Unplaced",
            Self::NoCell { .. } => "NoCell",
            Self::InvalidPlacement { .. } => "InvalidPlacement",
            Self::NoWeight { .. } => "NoWeight",
            Self::AllApplied { .. } => "AllApplied",
            Self::Applying { .. } => "Applying",
            Self::ApplyFailed { .. } => "ApplyFailed",
            Self::Release(reason) => reason.name(),
            Self::AllAvailable { .. } => "AllAvailable",
            Self::NotAvailable { .. } => "NotAvailable",
            Self::ClusterUnknown { .. } => "ClusterUnknown",
            Self::NotPaused => "NotPaused",
            Self::ByPerson => "ByPerson",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllPlaced { replicas, cells, clusters } => {
                write!(f, "{replicas} replicas in {cells} cells of {clusters} clusters")
            }
            Self::Unplaced { unplaced, reasons } => write!(f, "{unplaced} replicas have no cell: {reasons}"),
            Self::NoCell { reasons } if reasons.is_empty() => f.write_str("no cell was found"),
            Self::NoCell { reasons } => write!(f, "no cell was found: {reasons}"),
            Self::InvalidPlacement { message } | Self::NoWeight { message } => f.write_str(message),
            Self::AllApplied { clusters } => write!(f, "applied in {clusters} clusters"),
            Self::Applying { applied, clusters, waiting_for } => {
                write!(
                    f,
                    "applied in {applied} of {clusters} clusters, waiting for {}",
                    waiting_for.join(", ")
                )
            }
            Self::ApplyFailed { failures } => f.write_str(&failures.join("; ")),
            Self::Release(reason) => reason.fmt(f),
            Self::AllAvailable { pods } => write!(f, "{pods} of {pods} pods available"),
            Self::NotAvailable { available, desired, laggard } if laggard.is_empty() => {
                write!(f, "{available} of {desired} pods available")
            }
            Self::NotAvailable { available, desired, laggard } => {
                write!(f, "{available} of {desired} pods available; furthest behind is {laggard}")
            }
            Self::ClusterUnknown { available, desired, clusters } => {
                write!(f, "{available} of {desired} pods known to be available; {}", clusters.join(", "))
            }
            Self::NotPaused => f.write_str("not paused"),
            Self::ByPerson => f.write_str("paused by rollout.paused; set it to false to go on"),
        }
    }
}

/// One condition. `is_true` of `None` is Unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What it is about.
    pub about: ConditionType,
    /// True, False, or `None` for Unknown.
    pub is_true: Option<bool>,
    /// Why.
    pub why: Why,
}

impl Condition {
    const fn new(about: ConditionType, is_true: Option<bool>, why: Why) -> Self {
        Self { about, is_true, why }
    }

    /// `True`, `False` or `Unknown`, as Kubernetes writes it.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self.is_true {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        }
    }
}

impl fmt::Display for Condition {
    /// `Available=False/NotAvailable: 7 of 10 pods available`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}/{}: {}", self.about, self.status(), self.why.name(), self.why)
    }
}

/// What placement and division came to, when they came to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduling {
    /// Replicas without a cell.
    pub unplaced: u32,
    /// The reasons of cells, for when something is not placed.
    pub reasons: String,
}

/// The conditions of an application that is scheduled, in the order of [`ConditionType`].
#[must_use]
pub fn conditions(
    scheduling: &Scheduling,
    summary: &Summary,
    release: &ReleasePlan,
    deadline: &Deadline,
    is_paused: bool,
) -> Vec<Condition> {
    vec![
        scheduled(scheduling, summary),
        applied(summary),
        progressing(release, deadline),
        available(summary),
        Condition::new(
            ConditionType::Paused,
            Some(is_paused),
            if is_paused { Why::ByPerson } else { Why::NotPaused },
        ),
    ]
}

/// Why placement or division failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchedulingError {
    /// The placement is refused.
    #[error("choose cells: {0}")]
    Placement(#[from] PlacementError),
    /// The replicas cannot be divided.
    #[error("divide replicas: {0}")]
    Division(#[from] DivisionError),
}

/// The one condition of an application that could not be scheduled; the others stay as they were, because what
/// runs keeps running.
#[must_use]
pub fn conditions_of_failure(error: &SchedulingError, rejected: &str) -> Condition {
    let why = match error {
        SchedulingError::Placement(error) => Why::InvalidPlacement { message: error.to_string() },
        SchedulingError::Division(error @ DivisionError::NoWeight { .. }) => {
            Why::NoWeight { message: error.to_string() }
        }
        SchedulingError::Division(DivisionError::NoCells { .. }) => {
            Why::NoCell { reasons: rejected.to_owned() }
        }
        SchedulingError::Division(error @ DivisionError::Bounds { .. }) => {
            Why::InvalidPlacement { message: error.to_string() }
        }
    };
    Condition::new(ConditionType::Scheduled, Some(false), why)
}

fn scheduled(scheduling: &Scheduling, summary: &Summary) -> Condition {
    let Scheduling { unplaced, reasons } = scheduling;
    let (is_true, why) = if summary.cells.is_empty() {
        (false, Why::NoCell { reasons: reasons.clone() })
    } else if *unplaced > 0 {
        (false, Why::Unplaced { unplaced: *unplaced, reasons: reasons.clone() })
    } else {
        let (cells, clusters) = (summary.cells.len(), summary.clusters.len());
        (true, Why::AllPlaced { replicas: summary.totals.desired, cells, clusters })
    };
    Condition::new(ConditionType::Scheduled, Some(is_true), why)
}

fn applied(summary: &Summary) -> Condition {
    let clusters = summary.clusters.len();
    let failures: Vec<String> = summary
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.applied {
            Applied::Failed { message } => Some(format!("{}: {message}", cluster.cluster)),
            _ => None,
        })
        .collect();
    if !failures.is_empty() {
        return Condition::new(ConditionType::Applied, Some(false), Why::ApplyFailed { failures });
    }
    let waiting_for: Vec<String> = summary
        .clusters
        .iter()
        .filter(|cluster| cluster.applied == Applied::NotYet)
        .map(|cluster| match cluster.reach {
            Reach::Ready => cluster.cluster.to_string(),
            reach => format!("{} ({reach})", cluster.cluster),
        })
        .collect();
    if waiting_for.is_empty() {
        return Condition::new(ConditionType::Applied, Some(true), Why::AllApplied { clusters });
    }
    let applied = clusters - waiting_for.len();
    Condition::new(ConditionType::Applied, Some(false), Why::Applying { applied, clusters, waiting_for })
}

fn progressing(release: &ReleasePlan, deadline: &Deadline) -> Condition {
    if let Deadline::Exceeded { reason } = deadline {
        return Condition::new(ConditionType::Progressing, Some(false), Why::Release(reason.clone()));
    }
    let is_true = match release.phase {
        Phase::Pending if matches!(release.reason, Reason::NoClusterReachable { .. }) => None,
        Phase::Cancelled => Some(false),
        // As for a Deployment, one that is paused is neither moving nor late.
        Phase::Paused => None,
        _ => Some(true),
    };
    Condition::new(ConditionType::Progressing, is_true, Why::Release(release.reason.clone()))
}

fn available(summary: &Summary) -> Condition {
    let totals = summary.totals;
    let (available, desired) = (totals.available, totals.desired);
    // Per cell, so that a surplus in one cell does not hide a lack in another.
    let lacks = summary.cells.iter().filter(|cell| cell.counts.available < cell.desired);
    let silent = |cluster: &&super::ClusterSummary| !cluster.reach.counts();
    let unknown: Vec<String> = summary
        .clusters
        .iter()
        .filter(silent)
        .map(|cluster| format!("{} is {}", cluster.cluster, cluster.reach))
        .collect();
    if let Some(cell) = summary.laggard() {
        let (name, cluster) = (&cell.cell, &cell.cluster);
        let laggard = format!("{name} in {cluster} with {} of {}", cell.counts.available, cell.desired);
        let why = Why::NotAvailable { available, desired, laggard };
        return Condition::new(ConditionType::Available, Some(false), why);
    }
    if !unknown.is_empty() {
        let why = Why::ClusterUnknown { available, desired, clusters: unknown };
        return Condition::new(ConditionType::Available, None, why);
    }
    if lacks.count() > 0 {
        let why = Why::NotAvailable { available, desired, laggard: String::new() };
        return Condition::new(ConditionType::Available, Some(false), why);
    }
    Condition::new(ConditionType::Available, Some(true), Why::AllAvailable { pods: desired })
}

#[cfg(test)]
mod tests {
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
        let nowhere = conditions_of_failure(
            &DivisionError::NoCells { replicas: 3 }.into(),
            "a: cluster b is suspended",
        );
        assert_eq!(
            nowhere.to_string(),
            "Scheduled=False/NoCell: no cell was found: a: cluster b is suspended"
        );
    }
}
