//! What the hub knows about clusters, units and cells at one moment: the snapshot that decisions are made from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::selector::Labels;
use model::{CellLabel, CellName, ClusterName, Side, SiteName, Timestamp, UnitName, Weight};

/// Whether a cluster can be reached now, and may be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Its heartbeat is fresh.
    Ready,
    /// Its heartbeat is too old: what it runs is not known, and stays.
    Unknown {
        /// When it was last heard.
        since: Timestamp,
    },
    /// It never joined, or was not accepted.
    NotJoined,
    /// A person stopped all writes to its workloads.
    Suspended,
}

impl Reach {
    /// Whether the cluster counts in a release (03, *Across clusters*).
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Ready)
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Unknown { since } => write!(f, "not heard since {since}"),
            Self::NotJoined => f.write_str("not joined"),
            Self::Suspended => f.write_str("suspended"),
        }
    }
}

/// A mark that keeps applications away from a cluster unless they tolerate it. Its effect is always NoSchedule:
/// what runs, stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

impl fmt::Display for Taint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.is_empty() {
            true => f.write_str(&self.key),
            false => write!(f, "{}={}", self.key, self.value),
        }
    }
}

/// A member cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    /// Its name.
    pub name: ClusterName,
    /// The site it stands in.
    pub site: SiteName,
    /// Its labels.
    pub labels: Labels,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// Whether it can be reached and worked on.
    pub reach: Reach,
}

/// A logical unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitView {
    /// Its name.
    pub name: UnitName,
    /// The unit it is templated on.
    pub template_unit: Option<UnitName>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellView {
    /// Its name.
    pub name: CellName,
    /// What its nodes carry as the cell label.
    pub label: CellLabel,
    /// The unit it is a side of.
    pub unit: UnitName,
    /// Which side.
    pub side: Side,
    /// The cluster it lives in.
    pub cluster: ClusterName,
    /// Its labels.
    pub labels: Labels,
    /// Its declared weight in the home map.
    pub weight: Weight,
    /// Pods that fit into what its agent reports as free; `None`: not reported.
    pub free: Option<u32>,
}

/// Everything of it. References may dangle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Member clusters by name.
    pub clusters: BTreeMap<ClusterName, ClusterView>,
    /// Logical units by name.
    pub units: BTreeMap<UnitName, UnitView>,
    /// Cells by name.
    pub cells: BTreeMap<CellName, CellView>,
}

impl Fleet {
    /// Adds or replaces a cluster.
    pub fn add_cluster(&mut self, cluster: ClusterView) {
        self.clusters.insert(cluster.name.clone(), cluster);
    }

    /// Adds or replaces a unit.
    pub fn add_unit(&mut self, unit: UnitView) {
        self.units.insert(unit.name.clone(), unit);
    }

    /// Adds or replaces a cell.
    pub fn add_cell(&mut self, cell: CellView) {
        self.cells.insert(cell.name.clone(), cell);
    }

    /// `units` and those templated on them, at any depth.
    #[must_use]
    pub fn with_templated(&self, units: &[UnitName]) -> BTreeSet<UnitName> {
        let mut found: BTreeSet<UnitName> = units.iter().cloned().collect();
        loop {
            let before = found.len();
            for unit in self.units.values() {
                if unit.template_unit.as_ref().is_some_and(|of| found.contains(of)) {
                    found.insert(unit.name.clone());
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn cell(name: &str) -> CellName {
        CellName::new(name).unwrap()
    }

    pub(crate) fn unit(name: &str) -> UnitName {
        UnitName::new(name).unwrap()
    }

    pub(crate) fn cluster(name: &str) -> ClusterName {
        ClusterName::new(name).unwrap()
    }

    pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// The playground's world with RZ90: clusters hz-a, hz-b, sh-a, nj-a; two cells per R unit.
    pub(crate) fn playground() -> Fleet {
        let mut fleet = Fleet::default();
        for (name, city) in
            [("hz-a", "hangzhou"), ("hz-b", "hangzhou"), ("sh-a", "shanghai"), ("nj-a", "nanjing")]
        {
            fleet.add_cluster(ClusterView {
                name: cluster(name),
                site: SiteName::new(name).unwrap(),
                labels: labels(&[("city", city)]),
                taints: Vec::new(),
                reach: Reach::Ready,
            });
        }
        for (name, template) in [("rz00", None), ("rz01", None), ("rz82", None), ("rz90", Some("rz00"))] {
            fleet.add_unit(UnitView { name: unit(name), template_unit: template.map(unit) });
        }
        for (name, of) in [
            ("rz00a", "hz-a"),
            ("rz00b", "hz-b"),
            ("rz01a", "hz-a"),
            ("rz01b", "hz-b"),
            ("rz82a", "sh-a"),
            ("rz82b", "sh-a"),
            ("rz90a", "nj-a"),
            ("rz90b", "nj-a"),
        ] {
            let side = if name.ends_with('a') { Side::A } else { Side::B };
            fleet.add_cell(CellView {
                name: cell(name),
                label: cell(name).default_label(),
                unit: unit(&name[..4]),
                side,
                cluster: cluster(of),
                labels: labels(&[("side", &side.to_string())]),
                weight: Weight(50),
                free: Some(20),
            });
        }
        fleet
    }
}
