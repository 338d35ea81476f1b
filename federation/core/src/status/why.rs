//! Why a condition is as it is: the closed list of reasons, and their messages.

use std::fmt;

use model::release::Reason;

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
