//! I7: a unit's same-city takeover unit is in its city, its cross-city one is not; they differ, and neither is
//! itself. Either may be absent. Both sides of an R unit are in one city.

use super::{Invariant, Violation, World};
use crate::names::{CityName, UnitName};
use crate::ruleset::RuleSet;
use crate::unit::UnitType;

/// R units spread over cities, and takeover units that could not take over.
#[must_use]
pub fn check(_rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for unit in world.home.units.values() {
        let UnitType::RZone { same_city, cross_city, .. } = &unit.unit_type else { continue };
        let mut say = |message: String| found.push(Violation::new(Invariant::I7, message));
        let name = &unit.name;
        let cities = world.home.cities_of_unit(name);
        if cities.len() > 1 {
            let cities: Vec<&str> = cities.iter().map(|city| city.as_str()).collect();
            say(format!("cells of RZone {name} are in {}: an RZone is in one city", cities.join(" and ")));
            continue;
        }
        if let (Some(same), Some(cross)) = (same_city, cross_city)
            && same == cross
        {
            say(format!("sameCity and crossCity of unit {name} are both {same}: they must differ"));
        }
        let home_city = cities.into_iter().next();
        for (field, takeover) in [("sameCity", same_city), ("crossCity", cross_city)] {
            let Some(takeover) = takeover else { continue };
            if let Some(message) = fault(world, name, home_city, field, takeover) {
                say(message);
            }
        }
    }
    found
}

fn fault(
    world: &World<'_>,
    name: &UnitName,
    home_city: Option<&CityName>,
    field: &str,
    takeover: &UnitName,
) -> Option<String> {
    if takeover == name {
        return Some(format!("{field} of unit {name} is itself"));
    }
    match world.home.units.get(takeover).map(|unit| &unit.unit_type) {
        None => return Some(format!("{field} of unit {name} is {takeover}, which is not declared")),
        Some(UnitType::RZone { .. }) => {}
        Some(other) => return Some(format!("{field} of unit {name} is {takeover}, which is a {other}")),
    }
    let Some(home_city) = home_city else {
        return Some(format!("{field} of unit {name} is {takeover}, but {name} has no cell in a known city"));
    };
    let cities = world.home.cities_of_unit(takeover);
    let Some(city) = cities.iter().next() else {
        return Some(format!("{field} of unit {name} is {takeover}, which has no cell in a known city"));
    };
    let is_wanted = (field == "sameCity") == (*city == home_city);
    (!is_wanted).then(|| {
        let wanted = if field == "sameCity" { "its city" } else { "another city" };
        format!("{field} of unit {name} ({home_city}) is {takeover} ({city}): it must be in {wanted}")
    })
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{lent, messages};
    use super::*;
    use crate::map::HomeMap;
    use crate::map::tests::{cell, unit};
    use proptest::prelude::*;

    fn takeovers(home: &mut HomeMap, of: &str, same: Option<&str>, cross: Option<&str>) {
        let found = home.units.get_mut(&unit(of)).unwrap();
        let UnitType::RZone { same_city, cross_city, .. } = &mut found.unit_type else { panic!("{of}") };
        *same_city = same.map(unit);
        *cross_city = cross.map(unit);
    }

    fn fires(home: &HomeMap, rules: &RuleSet) -> Vec<String> {
        let found = check(rules, &World::of_home(home));
        messages(&found, Invariant::I7).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_fault_is_named() {
        let (mut home, rules) = lent();
        for (same, cross, message) in [
            (Some("rz00"), None, "sameCity of unit rz00 is itself"),
            (Some("rz77"), None, "sameCity of unit rz00 is rz77, which is not declared"),
            (None, Some("gz00"), "crossCity of unit rz00 is gz00, which is a GZone"),
            (
                Some("rz82"),
                None,
                "sameCity of unit rz00 (hangzhou) is rz82 (shanghai): it must be in its city",
            ),
            (
                None,
                Some("rz01"),
                "crossCity of unit rz00 (hangzhou) is rz01 (hangzhou): it must be in another city",
            ),
        ] {
            takeovers(&mut home, "rz00", same, cross);
            assert_eq!(fires(&home, &rules), [message]);
        }
        takeovers(&mut home, "rz00", Some("rz01"), Some("rz01"));
        assert_eq!(
            fires(&home, &rules)[0],
            "sameCity and crossCity of unit rz00 are both rz01: they must differ"
        );
        takeovers(&mut home, "rz00", None, None);
        assert!(fires(&home, &rules).is_empty());
    }

    #[test]
    fn sides_in_two_cities_and_units_without_cells_are_named() {
        let (mut home, rules) = lent();
        home.cells.get_mut(&cell("rz01b")).unwrap().cluster = crate::ClusterName::new("sh-a").unwrap();
        assert_eq!(
            fires(&home, &rules),
            ["cells of RZone rz01 are in hangzhou and shanghai: an RZone is in one city"]
        );
        let (mut home, rules) = lent();
        home.cells.retain(|_, cell| cell.unit.as_str() != "rz82");
        assert_eq!(
            fires(&home, &rules),
            [
                "crossCity of unit rz00 is rz82, which has no cell in a known city",
                "crossCity of unit rz01 is rz82, which has no cell in a known city",
            ]
        );
    }

    proptest! {
        #[test]
        fn fires_exactly_when_a_takeover_is_in_the_wrong_city(
            same in proptest::sample::select(vec!["rz01", "rz82", "rz90"]),
            cross in proptest::sample::select(vec!["rz01", "rz82", "rz90"]),
        ) {
            let (mut home, rules) = lent();
            takeovers(&mut home, "rz00", Some(same), Some(cross));
            prop_assert_eq!(fires(&home, &rules).is_empty(), same == "rz01" && cross != "rz01");
        }
    }
}
