//! I5: a G unit has exactly one writer cell; none only inside a declared forbid window.

use super::{Invariant, Violation, World};
use crate::ruleset::RuleSet;
use crate::unit::UnitType;

/// G units without a writer, with one that is not their cell, and writers of what is no G unit.
#[must_use]
pub fn check(rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |message: String| found.push(Violation::new(Invariant::I5, message));
    for unit in world.home.units.values() {
        if !matches!(unit.unit_type, UnitType::GZone { .. }) {
            continue;
        }
        let name = &unit.name;
        match rules.writers.get(name) {
            None => say(format!("GZone {name} has no writer: name one of its cells")),
            Some(None) if is_being_moved(rules, name.as_str()) => {}
            Some(None) => {
                say(format!("GZone {name} has no writer, and no switch that forbids writes claims it"))
            }
            Some(Some(cell)) => match world.home.cells.get(cell) {
                None => say(format!("writer of GZone {name} is cell {cell}, which is not declared")),
                Some(declared) if declared.unit != *name => {
                    say(format!("writer of GZone {name} is cell {cell}, which is of unit {}", declared.unit));
                }
                Some(_) => {}
            },
        }
    }
    for name in rules.writers.keys() {
        match world.home.units.get(name).map(|unit| &unit.unit_type) {
            Some(UnitType::GZone { .. }) => {}
            Some(other) => say(format!("unit {name} has a writer and is a {other}: only a GZone has one")),
            None => say(format!("unit {name} has a writer and is not declared")),
        }
    }
    found
}

/// Whether a switch that holds a forbid window claims the unit.
fn is_being_moved(rules: &RuleSet, unit: &str) -> bool {
    let claims = rules.claims.iter().filter(|claim| claim.units.iter().any(|name| name.as_str() == unit));
    claims.into_iter().any(|claim| rules.forbids.iter().any(|window| window.holder == claim.holder))
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{lent, messages};
    use super::*;
    use crate::map::tests::{cell, uids, unit};
    use crate::ruleset::{Claim, ForbidWindow};
    use proptest::prelude::*;

    #[test]
    fn missing_strange_and_misplaced_writers_are_named() {
        let (home, mut rules) = lent();
        rules.writers.insert(unit("rz00"), Some(cell("rz00a")));
        rules.writers.insert(unit("gz00"), Some(cell("rz00a")));
        let world = World::of_home(&home);
        assert_eq!(
            messages(&check(&rules, &world), Invariant::I5),
            [
                "writer of GZone gz00 is cell rz00a, which is of unit rz00",
                "unit rz00 has a writer and is a RZone: only a GZone has one",
            ]
        );
        rules.writers.clear();
        assert_eq!(
            messages(&check(&rules, &world), Invariant::I5),
            ["GZone gz00 has no writer: name one of its cells"]
        );
    }

    proptest! {
        #[test]
        fn no_writer_only_inside_the_window_of_its_own_switch(forbids: bool, claims: bool, same: bool) {
            let (home, mut rules) = lent();
            rules.writers.insert(unit("gz00"), None);
            if forbids {
                let holder = if same { "ts-1" } else { "ts-2" }.to_owned();
                rules.forbids.push(ForbidWindow { uids: uids(""), holder, deadline: None });
            }
            if claims {
                rules.claims.push(Claim {
                    holder: "ts-1".to_owned(),
                    step: "MovingData".to_owned(),
                    uids: uids(""),
                    shards: Vec::new(),
                    units: vec![unit("gz00")],
                });
            }
            let fires = !check(&rules, &World::of_home(&home)).is_empty();
            prop_assert_eq!(fires, !(forbids && claims && same));
        }
    }
}
