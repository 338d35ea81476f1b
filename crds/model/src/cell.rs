//! Cells, also called deploy units: one side of a logical unit, in one member cluster.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::{CellLabel, CellName, ClusterName, UnitName};

/// Which side of its unit a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// Side A.
    A,
    /// Side B.
    B,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

/// A text that is neither `A` nor `B`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a side of a unit: use A or B")]
pub struct SideError {
    /// The text.
    pub found: String,
}

impl FromStr for Side {
    type Err = SideError;
    fn from_str(text: &str) -> Result<Self, SideError> {
        match text {
            "A" | "a" => Ok(Self::A),
            "B" | "b" => Ok(Self::B),
            _ => Err(SideError { found: text.chars().take(40).collect() }),
        }
    }
}

/// The part of a unit's traffic that a cell should get, in percent. Declared, and apart from what readiness makes
/// of it (I4). Any number can be held; I4 says which are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weight(pub u32);

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One side of a logical unit, in one member cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its name (`rz00a`).
    pub name: CellName,
    /// The unit it is a side of.
    pub unit: UnitName,
    /// Which side.
    pub side: Side,
    /// The cluster it lives in.
    pub cluster: ClusterName,
    /// What its nodes carry as the cell label (`RZ00A`).
    pub label: CellLabel,
    /// Its declared part of the unit's traffic.
    pub weight: Weight,
}

impl Cell {
    /// A cell with the default node label value.
    #[must_use]
    pub fn new(name: CellName, unit: UnitName, side: Side, cluster: ClusterName, weight: Weight) -> Self {
        let label = name.default_label();
        Self { name, unit, side, cluster, label, weight }
    }
}
