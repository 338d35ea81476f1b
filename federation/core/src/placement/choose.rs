//! Choosing cells, with a verdict on every one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::selector::Selector;
use model::{CellName, ClusterName, UnitName};

use super::Toleration;
use crate::fleet::{CellView, ClusterView, Fleet, Reach};
use crate::report::Report;

/// Where an application wants to be. All parts that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placement {
    /// Units by name; those templated on them are included. Empty: any unit.
    pub units: Vec<UnitName>,
    /// Which cells, by their labels; `None`: any.
    pub cells: Option<Selector>,
    /// Which clusters, by their labels; `None`: any.
    pub clusters: Option<Selector>,
    /// Taints of clusters that it puts up with.
    pub tolerations: Vec<Toleration>,
}

/// Cells where the application is already, and their clusters: what an earlier pass decided.
pub type Present = BTreeMap<CellName, ClusterName>;

/// What was decided about one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is chosen.
    Chosen,
    /// The application is there and stays, although it would not be put there now.
    Kept {
        /// Why it would not be put there now.
        despite: Box<Verdict>,
    },
    /// Its unit is not asked for.
    OtherUnit {
        /// Its unit.
        unit: UnitName,
    },
    /// Its labels do not match.
    CellLabels {
        /// The selector.
        selector: String,
    },
    /// Its cluster's labels do not match.
    ClusterLabels {
        /// The cluster.
        cluster: ClusterName,
        /// The selector.
        selector: String,
    },
    /// Its cluster has a taint that is not tolerated.
    Tainted {
        /// The cluster.
        cluster: ClusterName,
        /// The taint.
        taint: String,
    },
    /// Its cluster cannot be reached or worked on.
    NotReachable {
        /// The cluster.
        cluster: ClusterName,
        /// What is wrong.
        reach: Reach,
    },
    /// Its cluster is not declared.
    NoCluster {
        /// The cluster's name.
        cluster: ClusterName,
    },
    /// The cell itself is not declared (any more).
    NotDeclared,
}

impl Verdict {
    /// Whether the application runs in the cell.
    #[must_use]
    pub const fn is_in(&self) -> bool {
        matches!(self, Self::Chosen | Self::Kept { .. })
    }

    /// Whether it is about what cannot be known or done now, and not about what somebody wants: such a verdict
    /// keeps newcomers out and takes nothing away (I21). Taints are NoSchedule: they keep newcomers out too.
    const fn spares_the_present(&self) -> bool {
        matches!(
            self,
            Self::Tainted { .. } | Self::NotReachable { .. } | Self::NoCluster { .. } | Self::NotDeclared
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen => f.write_str("chosen"),
            Self::Kept { despite } => write!(f, "kept, although {despite}"),
            Self::OtherUnit { unit } => write!(f, "unit {unit} is not asked for"),
            Self::CellLabels { selector } => write!(f, "labels of the cell do not match {selector}"),
            Self::ClusterLabels { cluster, selector } => {
                write!(f, "labels of cluster {cluster} do not match {selector}")
            }
            Self::Tainted { cluster, taint } => write!(f, "cluster {cluster} has taint {taint}"),
            Self::NotReachable { cluster, reach } => write!(f, "cluster {cluster} is {reach}"),
            Self::NoCluster { cluster } => write!(f, "cluster {cluster} is not declared"),
            Self::NotDeclared => f.write_str("the cell is not declared"),
        }
    }
}

/// The cells of an application, with the verdict on every cell there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Where it runs, and in which cluster each cell is.
    pub cells: Present,
    /// One verdict per cell, by name.
    pub report: Report<Verdict>,
}

impl Chosen {
    /// Clusters that it runs in.
    #[must_use]
    pub fn clusters(&self) -> BTreeSet<ClusterName> {
        self.cells.values().cloned().collect()
    }

    /// Clusters that it was in and that this decision gives up: the only ones that may lose its Work (I21).
    #[must_use]
    pub fn given_up(&self, present: &Present) -> BTreeSet<ClusterName> {
        let chosen = self.clusters();
        present.values().filter(|cluster| !chosen.contains(*cluster)).cloned().collect()
    }

    /// Cells of the units asked for that it does not run in, and why: what `Scheduled` names.
    #[must_use]
    pub fn rejected(&self) -> Report<Verdict> {
        let wanted = |verdict: &Verdict| !verdict.is_in() && !matches!(verdict, Verdict::OtherUnit { .. });
        Report { findings: self.report.findings.iter().filter(|f| wanted(&f.reason)).cloned().collect() }
    }
}

/// Why nothing was decided; what runs keeps running.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// Nothing was asked for, which could as well mean everything.
    #[error("placement is empty: name units, or select cells or clusters by label")]
    Empty,
    /// Units that are not declared.
    #[error("placement names unknown units {}: declared are {}", unknown.join(", "), known.join(", "))]
    UnknownUnits {
        /// The names that are not declared.
        unknown: Vec<String>,
        /// The names that are.
        known: Vec<String>,
    },
}

/// Chooses the cells of an application that is now in `present`.
pub fn place(placement: &Placement, fleet: &Fleet, present: &Present) -> Result<Chosen, PlacementError> {
    if placement.units.is_empty() && placement.cells.is_none() && placement.clusters.is_none() {
        return Err(PlacementError::Empty);
    }
    let unknown: Vec<String> = placement
        .units
        .iter()
        .filter(|unit| !fleet.units.contains_key(*unit))
        .map(ToString::to_string)
        .collect();
    if !unknown.is_empty() {
        let known = fleet.units.keys().map(ToString::to_string).collect();
        return Err(PlacementError::UnknownUnits { unknown, known });
    }
    let units = fleet.with_templated(&placement.units);
    let mut chosen = Chosen { cells: Present::new(), report: Report::default() };
    let names: BTreeSet<&CellName> = fleet.cells.keys().chain(present.keys()).collect();
    for name in names {
        let (wanted, cluster) = match (fleet.cells.get(name), present.get(name)) {
            (Some(cell), _) => (judge(placement, &units, fleet, cell), &cell.cluster),
            (None, Some(cluster)) => (Verdict::NotDeclared, cluster),
            (None, None) => continue,
        };
        let verdict = match wanted {
            why if present.contains_key(name) && why.spares_the_present() => {
                Verdict::Kept { despite: Box::new(why) }
            }
            other => other,
        };
        if verdict.is_in() {
            chosen.cells.insert(name.clone(), cluster.clone());
        }
        chosen.report.add(name, verdict);
    }
    Ok(chosen)
}

/// The verdict on a cell that the application is not in. Wishes come before hindrances: a cell nobody wants is
/// given up even when its cluster is away.
fn judge(placement: &Placement, units: &BTreeSet<UnitName>, fleet: &Fleet, cell: &CellView) -> Verdict {
    if !placement.units.is_empty() && !units.contains(&cell.unit) {
        return Verdict::OtherUnit { unit: cell.unit.clone() };
    }
    if let Some(selector) = placement.cells.as_ref().filter(|selector| !selector.matches(&cell.labels)) {
        return Verdict::CellLabels { selector: selector.to_string() };
    }
    let Some(cluster) = fleet.clusters.get(&cell.cluster) else {
        return Verdict::NoCluster { cluster: cell.cluster.clone() };
    };
    judge_cluster(placement, cluster)
}

fn judge_cluster(placement: &Placement, cluster: &ClusterView) -> Verdict {
    let name = || cluster.name.clone();
    if let Some(selector) = placement.clusters.as_ref().filter(|selector| !selector.matches(&cluster.labels))
    {
        return Verdict::ClusterLabels { cluster: name(), selector: selector.to_string() };
    }
    let tolerated = |taint| placement.tolerations.iter().any(|toleration| toleration.covers(taint));
    if let Some(taint) = cluster.taints.iter().find(|taint| !tolerated(taint)) {
        return Verdict::Tainted { cluster: name(), taint: taint.to_string() };
    }
    match cluster.reach {
        Reach::Ready => Verdict::Chosen,
        reach => Verdict::NotReachable { cluster: name(), reach },
    }
}

#[cfg(test)]
mod tests;
