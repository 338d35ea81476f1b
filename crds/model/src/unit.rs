//! Logical units (zones): who owns users, who writes global data, who keeps a copy of it.

use std::fmt;

use crate::names::{CellName, CityName, UnitName};
use crate::uid::UidSet;

/// What a unit is for, with the fields that only its type has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitType {
    /// Users sharded by UID, self-contained.
    RZone {
        /// Users that are its own in the home map; empty for a unit that only takes over.
        base: UidSet,
        /// The unit that takes over inside the city.
        same_city: Option<UnitName>,
        /// The unit that takes over from another city.
        cross_city: Option<UnitName>,
        /// Seconds without the hub after which the unit stops its writes; `None`: never (I19).
        fail_closed_after_seconds: Option<u32>,
    },
    /// One writer for everybody, global data.
    GZone {
        /// The cell that writes.
        writer: CellName,
    },
    /// One per city: a read-mostly copy of global data.
    CZone {
        /// The city it serves.
        city: CityName,
        /// The group of data it copies (`c1`).
        group: String,
    },
}

impl UnitType {
    /// The type as the API names it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RZone { .. } => "RZone",
            Self::GZone { .. } => "GZone",
            Self::CZone { .. } => "CZone",
        }
    }
}

impl fmt::Display for UnitType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A logical unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: UnitName,
    /// What it is for.
    pub unit_type: UnitType,
    /// The unit whose applications it runs too: placing that one includes this one.
    pub template_unit: Option<UnitName>,
}

impl Unit {
    /// An R unit without takeover units.
    #[must_use]
    pub const fn r_zone(name: UnitName, base: UidSet) -> Self {
        let unit_type =
            UnitType::RZone { base, same_city: None, cross_city: None, fail_closed_after_seconds: None };
        Self { name, unit_type, template_unit: None }
    }

    /// A G unit.
    #[must_use]
    pub const fn g_zone(name: UnitName, writer: CellName) -> Self {
        Self { name, unit_type: UnitType::GZone { writer }, template_unit: None }
    }

    /// A C unit.
    #[must_use]
    pub const fn c_zone(name: UnitName, city: CityName, group: String) -> Self {
        Self { name, unit_type: UnitType::CZone { city, group }, template_unit: None }
    }

    /// The users that are its own in the home map; `None` for a unit that can own none.
    #[must_use]
    pub const fn base(&self) -> Option<&UidSet> {
        match &self.unit_type {
            UnitType::RZone { base, .. } => Some(base),
            _ => None,
        }
    }
}
