//! Where the home map and the rule set in force differ: `HomeDiffers` (03, *Home map and force*).
//!
//! A takeover or a loan is an override and no difference: it leaves the home map alone.

use std::collections::BTreeSet;
use std::fmt;

use super::RuleSet;
use crate::cell::Weight;
use crate::map::HomeMap;
use crate::names::{CellName, UnitName};
use crate::uid::UidSet;

/// One thing that the home map says otherwise than what is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeDifference {
    /// A unit that is declared and not in force.
    NewUnit {
        /// The unit.
        unit: UnitName,
    },
    /// A unit that is in force and not declared any more.
    GoneUnit {
        /// The unit.
        unit: UnitName,
    },
    /// Users of a unit.
    Base {
        /// The unit.
        unit: UnitName,
        /// What is declared.
        home: UidSet,
        /// What is in force.
        in_force: UidSet,
    },
    /// The weight of a cell; `None`: the cell is not there.
    Weight {
        /// The unit.
        unit: UnitName,
        /// The cell.
        cell: CellName,
        /// What is declared.
        home: Option<Weight>,
        /// What is in force.
        in_force: Option<Weight>,
    },
    /// The writer of a G unit; `None`: there is none.
    Writer {
        /// The unit.
        unit: UnitName,
        /// What is declared.
        home: Option<CellName>,
        /// What is in force.
        in_force: Option<CellName>,
    },
    /// The lease of a unit in seconds; `None`: it never fails closed.
    FailClosedAfter {
        /// The unit.
        unit: UnitName,
        /// What is declared.
        home: Option<u32>,
        /// What is in force.
        in_force: Option<u32>,
    },
}

impl HomeDifference {
    /// The unit it is about.
    #[must_use]
    pub const fn unit(&self) -> &UnitName {
        match self {
            Self::NewUnit { unit }
            | Self::GoneUnit { unit }
            | Self::Base { unit, .. }
            | Self::Weight { unit, .. }
            | Self::Writer { unit, .. }
            | Self::FailClosedAfter { unit, .. } => unit,
        }
    }
}

impl fmt::Display for HomeDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn or_none<T: fmt::Display>(value: &Option<T>) -> String {
            value.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
        }
        fn or_no_uid(uids: &UidSet) -> String {
            if uids.is_empty() { "none".to_owned() } else { uids.to_string() }
        }
        match self {
            Self::NewUnit { unit } => write!(f, "unit {unit} is declared and not in force"),
            Self::GoneUnit { unit } => write!(f, "unit {unit} is in force and not declared"),
            Self::Base { unit, home, in_force } => {
                let (home, in_force) = (or_no_uid(home), or_no_uid(in_force));
                write!(f, "base UIDs of {unit} are {home} at home and {in_force} in force")
            }
            Self::Weight { unit, cell, home, in_force } => {
                let (home, in_force) = (or_none(home), or_none(in_force));
                write!(f, "weight of {cell} of {unit} is {home} at home and {in_force} in force")
            }
            Self::Writer { unit, home, in_force } => {
                let (home, in_force) = (or_none(home), or_none(in_force));
                write!(f, "writer of {unit} is {home} at home and {in_force} in force")
            }
            Self::FailClosedAfter { unit, home, in_force } => {
                let (home, in_force) = (or_none(home), or_none(in_force));
                write!(f, "failClosedAfter of {unit} is {home} s at home and {in_force} s in force")
            }
        }
    }
}

impl RuleSet {
    /// What the home map says otherwise, unit by unit. It takes force only by a switch of kind `Rebase`.
    #[must_use]
    pub fn home_differences(&self, home: &HomeMap) -> Vec<HomeDifference> {
        let wanted = Self::of_home(home, self.epoch);
        let units: BTreeSet<&UnitName> = wanted.weights.keys().chain(self.weights.keys()).collect();
        let mut found = Vec::new();
        for unit in units {
            match (wanted.weights.contains_key(unit), self.weights.contains_key(unit)) {
                (true, false) => found.push(HomeDifference::NewUnit { unit: unit.clone() }),
                (false, true) => found.push(HomeDifference::GoneUnit { unit: unit.clone() }),
                _ => compare(&wanted, self, unit, &mut found),
            }
        }
        found
    }
}

fn compare(wanted: &RuleSet, rules: &RuleSet, unit: &UnitName, found: &mut Vec<HomeDifference>) {
    let empty = UidSet::empty(rules.space);
    let base = |of: &RuleSet| of.base.get(unit).unwrap_or(&empty).clone();
    let (home, in_force) = (base(wanted), base(rules));
    if home != in_force {
        found.push(HomeDifference::Base { unit: unit.clone(), home, in_force });
    }
    let cells = |of: &RuleSet| of.weights.get(unit).cloned().unwrap_or_default();
    let (at_home, there) = (cells(wanted), cells(rules));
    let names: BTreeSet<&CellName> = at_home.keys().chain(there.keys()).collect();
    for cell in names {
        let (home, in_force) = (at_home.get(cell).copied(), there.get(cell).copied());
        if home != in_force {
            let (unit, cell) = (unit.clone(), cell.clone());
            found.push(HomeDifference::Weight { unit, cell, home, in_force });
        }
    }
    let writer = |of: &RuleSet| of.writers.get(unit).cloned().flatten();
    let (home, in_force) = (writer(wanted), writer(rules));
    if home != in_force {
        found.push(HomeDifference::Writer { unit: unit.clone(), home, in_force });
    }
    let lease = |of: &RuleSet| of.fail_closed_after_seconds.get(unit).copied();
    let (home, in_force) = (lease(wanted), lease(rules));
    if home != in_force {
        found.push(HomeDifference::FailClosedAfter { unit: unit.clone(), home, in_force });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::tests::{cell, playground, slides, uids, unit};

    #[test]
    fn a_fresh_rule_set_does_not_differ() {
        let home = slides();
        assert_eq!(RuleSet::first(&home).unwrap().home_differences(&home), []);
    }

    #[test]
    fn every_difference_is_named() {
        let home = slides();
        let mut rules = RuleSet::first(&home).unwrap();
        rules.base.insert(unit("rz00"), uids("00-48"));
        rules.base.insert(unit("rz90"), uids("49"));
        rules.weights.get_mut(&unit("rz00")).unwrap().insert(cell("rz00a"), Weight(60));
        rules.writers.insert(unit("gz00"), None);
        rules.fail_closed_after_seconds.insert(unit("rz01"), 30);
        let found: Vec<String> = rules.home_differences(&home).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "writer of gz00 is gz00a at home and none in force",
                "base UIDs of rz00 are 00-49 at home and 00-48 in force",
                "weight of rz00a of rz00 is 50 at home and 60 in force",
                "failClosedAfter of rz01 is none s at home and 30 s in force",
                "base UIDs of rz90 are none at home and 49 in force",
            ]
        );
    }

    #[test]
    fn units_that_came_and_went_are_named_once() {
        let rules = RuleSet::first(&playground()).unwrap();
        let new = rules.home_differences(&slides());
        assert_eq!(new, [HomeDifference::NewUnit { unit: unit("rz90") }]);
        let gone = RuleSet::first(&slides()).unwrap().home_differences(&playground());
        assert_eq!(gone, [HomeDifference::GoneUnit { unit: unit("rz90") }]);
        assert_eq!(gone[0].unit(), &unit("rz90"));
    }
}
