//! I6: a C unit takes no user writes; each city has at most one active C unit per group.

use std::collections::BTreeMap;

use super::{Invariant, Violation, World};
use crate::names::UnitName;
use crate::ruleset::RuleSet;
use crate::unit::UnitType;

/// Cities with two active C units of a group, active units that are no C unit, and C units that own users.
#[must_use]
pub fn check(rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |message: String| found.push(Violation::new(Invariant::I6, message));
    let mut first: BTreeMap<(&str, &str), &UnitName> = BTreeMap::new();
    for active in &rules.active_c {
        let (city, group, unit) = (&active.city, &active.group, &active.unit);
        if let Some(other) = first.insert((city.as_str(), group.as_str()), unit) {
            say(format!("city {city} has two active CZones of group {group}: {other} and {unit}"));
        }
        match world.home.units.get(unit).map(|unit| &unit.unit_type) {
            Some(UnitType::CZone { .. }) => {}
            Some(other) => say(format!("unit {unit} is active for group {group} of {city} and is a {other}")),
            None => say(format!("unit {unit} is active for group {group} of {city} and is not declared")),
        }
    }
    for (unit, uids) in rules.effective_owners() {
        let is_copy =
            matches!(world.home.units.get(&unit).map(|unit| &unit.unit_type), Some(UnitType::CZone { .. }));
        if is_copy && !uids.is_empty() {
            say(format!("CZone {unit} serves UIDs {uids}: a CZone takes no user writes"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{lent, messages};
    use super::*;
    use crate::map::tests::{uids, unit};
    use crate::ruleset::ActiveC;
    use proptest::prelude::*;

    #[test]
    fn two_copies_strangers_and_owners_are_named() {
        let (home, mut rules) = lent();
        let active = rules.active_c[0].clone();
        rules.active_c.push(ActiveC { unit: unit("rz00"), ..active.clone() });
        rules.active_c.push(ActiveC { unit: unit("cz77"), group: "c9".to_owned(), ..active });
        rules.base.insert(unit("cz00"), uids("07"));
        assert_eq!(
            messages(&check(&rules, &World::of_home(&home)), Invariant::I6),
            [
                "city hangzhou has two active CZones of group c1: cz00 and rz00",
                "unit rz00 is active for group c1 of hangzhou and is a RZone",
                "unit cz77 is active for group c9 of hangzhou and is not declared",
                "CZone cz00 serves UIDs 07: a CZone takes no user writes",
            ]
        );
    }

    proptest! {
        #[test]
        fn fires_exactly_when_a_city_and_group_repeat(groups in proptest::collection::vec(0..4_u8, 0..4)) {
            let (home, mut rules) = lent();
            let city = rules.active_c[0].city.clone();
            rules.active_c = groups.iter()
                .map(|group| ActiveC { city: city.clone(), group: format!("c{group}"), unit: unit("cz00") })
                .collect();
            let distinct: std::collections::BTreeSet<_> = groups.iter().collect();
            let fires = !check(&rules, &World::of_home(&home)).is_empty();
            prop_assert_eq!(fires, distinct.len() != groups.len());
        }
    }
}
