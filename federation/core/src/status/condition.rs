//! The conditions of an application, each with a reason from a closed list and a message with numbers.

use std::fmt;

use model::release::Reason;

use super::{Applied, Summary, Why};
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
mod tests;
