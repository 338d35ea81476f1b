//! Epoch 1: the home map into force (`fedctl unit commit`).

use super::{ActiveC, RuleSet};
use crate::epoch::Epoch;
use crate::invariants::{Violation, World, check_all};
use crate::map::HomeMap;
use crate::unit::UnitType;

impl RuleSet {
    /// The first rule set, made of the home map; or everything that is wrong with the map, by name and number.
    pub fn first(home: &HomeMap) -> Result<Self, Vec<Violation>> {
        let rules = Self::of_home(home, Epoch::FIRST);
        let violations = check_all(&rules, &World::of_home(home));
        if violations.is_empty() { Ok(rules) } else { Err(violations) }
    }

    /// What the home map says, as a rule set of `epoch`; unchecked. Compared with the one in force, it shows
    /// whether the home map differs.
    #[must_use]
    pub fn of_home(home: &HomeMap, epoch: Epoch) -> Self {
        let mut rules = Self::empty(epoch, home.space);
        for unit in home.units.values() {
            let weights = home.cells_of(&unit.name).map(|cell| (cell.name.clone(), cell.weight)).collect();
            rules.weights.insert(unit.name.clone(), weights);
            match &unit.unit_type {
                UnitType::RZone { base, fail_closed_after_seconds, .. } => {
                    rules.base.insert(unit.name.clone(), base.clone());
                    if let Some(seconds) = fail_closed_after_seconds {
                        rules.fail_closed_after_seconds.insert(unit.name.clone(), *seconds);
                    }
                }
                UnitType::GZone { writer } => {
                    rules.writers.insert(unit.name.clone(), Some(writer.clone()));
                }
                UnitType::CZone { city, group } => {
                    let (city, group) = (city.clone(), group.clone());
                    rules.active_c.push(ActiveC { city, group, unit: unit.name.clone() });
                }
            }
        }
        rules.active_c.sort();
        rules
    }
}
