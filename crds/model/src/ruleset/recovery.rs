//! Whether a unit serves its own users, or another does for it: `drState` of a unit.

use std::fmt;

use super::{OverrideKind, RuleSet};
use crate::map::HomeMap;
use crate::names::UnitName;
use crate::unit::UnitType;

/// Where the users of a unit are, as far as takeovers go. Loans to elastic units are everyday life and Normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecoveryState {
    /// Nobody took over.
    Normal,
    /// Its same-city unit took users over.
    SameCity,
    /// A unit of another city took users over.
    CrossCity,
}

impl fmt::Display for RecoveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl RuleSet {
    /// The state of an R unit; the farthest takeover counts when there are several. A takeover by a unit that the
    /// home map no longer names is judged by whether it shares a city.
    #[must_use]
    pub fn recovery_state(&self, home: &HomeMap, unit: &UnitName) -> RecoveryState {
        let takeovers =
            self.overrides.iter().filter(|over| over.kind == OverrideKind::Takeover && over.from == *unit);
        takeovers.map(|over| distance(home, unit, &over.to)).max().unwrap_or(RecoveryState::Normal)
    }
}

fn distance(home: &HomeMap, unit: &UnitName, taker: &UnitName) -> RecoveryState {
    if let Some(UnitType::RZone { same_city, cross_city, .. }) =
        home.units.get(unit).map(|unit| &unit.unit_type)
    {
        if same_city.as_ref() == Some(taker) {
            return RecoveryState::SameCity;
        }
        if cross_city.as_ref() == Some(taker) {
            return RecoveryState::CrossCity;
        }
    }
    match home.cities_of_unit(unit).is_disjoint(&home.cities_of_unit(taker)) {
        true => RecoveryState::CrossCity,
        false => RecoveryState::SameCity,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Override;
    use super::*;
    use crate::map::tests::{slides, uids, unit};

    #[test]
    fn follows_the_farthest_takeover_and_not_loans() {
        let home = slides();
        let mut rules = RuleSet::first(&home).unwrap();
        let add = |rules: &mut RuleSet, kind, to: &str, text: &str| {
            rules.overrides.push(Override {
                kind,
                from: unit("rz00"),
                to: unit(to),
                uids: uids(text),
                return_by: None,
            });
            rules.recovery_state(&home, &unit("rz00"))
        };
        assert_eq!(add(&mut rules, OverrideKind::Elastic, "rz90", "16-19"), RecoveryState::Normal);
        assert_eq!(add(&mut rules, OverrideKind::Takeover, "rz01", "00-09"), RecoveryState::SameCity);
        assert_eq!(add(&mut rules, OverrideKind::Takeover, "rz82", "20-29"), RecoveryState::CrossCity);
        assert_eq!(add(&mut rules, OverrideKind::Takeover, "rz01", "30-39"), RecoveryState::CrossCity);
        assert_eq!(rules.recovery_state(&home, &unit("rz01")), RecoveryState::Normal);
        rules.overrides = vec![];
        assert_eq!(add(&mut rules, OverrideKind::Takeover, "rz90", "1"), RecoveryState::CrossCity);
    }
}
