//! I4: the declared weights of the cells of a unit that owns users are 0..100 and total 100; no commit raises the
//! weight of a cell that is not Ready. Readiness acts on live weight only, so a lost city can still be failed over.

use std::collections::BTreeMap;

use super::{Invariant, Violation, World};
use crate::cell::Weight;
use crate::names::{CellName, UnitName};
use crate::ruleset::RuleSet;

/// Weights out of range or with another total, of cells that are not the unit's, and raised ones of cells that are
/// not Ready.
#[must_use]
pub fn check(rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (unit, cells) in &rules.weights {
        check_cells(world, unit, cells, &mut found);
        check_raised(world, unit, cells, &mut found);
    }
    let none = BTreeMap::new();
    for (unit, uids) in rules.effective_owners() {
        if uids.is_empty() {
            continue;
        }
        let cells = rules.weights.get(&unit).unwrap_or(&none);
        let total: u64 = cells.values().map(|weight| u64::from(weight.0)).sum();
        if total != 100 {
            let message = match shown(cells) {
                shown if shown.is_empty() => format!("unit {unit} owns UIDs {uids} and has no cell"),
                shown => format!("weights of unit {unit} total {total} and not 100: {shown}"),
            };
            found.push(Violation::new(Invariant::I4, message));
        }
    }
    found
}

fn shown(cells: &BTreeMap<CellName, Weight>) -> String {
    cells.iter().map(|(cell, weight)| format!("{cell} {weight}")).collect::<Vec<_>>().join(", ")
}

fn check_cells(
    world: &World<'_>,
    unit: &UnitName,
    cells: &BTreeMap<CellName, Weight>,
    found: &mut Vec<Violation>,
) {
    for (cell, weight) in cells {
        if weight.0 > 100 {
            let message = format!("weight of cell {cell} of unit {unit} is {weight}: use 0 to 100");
            found.push(Violation::new(Invariant::I4, message));
        }
        let message = match world.home.cells.get(cell) {
            Some(declared) if declared.unit == *unit => continue,
            Some(declared) => {
                format!("unit {unit} has a weight for cell {cell}, which is of {}", declared.unit)
            }
            None => format!("unit {unit} has a weight for cell {cell}, which is not declared"),
        };
        found.push(Violation::new(Invariant::I4, message));
    }
}

fn check_raised(
    world: &World<'_>,
    unit: &UnitName,
    cells: &BTreeMap<CellName, Weight>,
    found: &mut Vec<Violation>,
) {
    let (Some(ready), Some(previous)) = (world.ready, world.previous) else { return };
    for (cell, weight) in cells {
        let before = previous.weight(unit.as_str(), cell.as_str());
        if *weight > before && !ready.contains(cell) {
            let message =
                format!("weight of cell {cell} rises from {before} to {weight}, but it is not Ready");
            found.push(Violation::new(Invariant::I4, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::worlds::{lent, messages};
    use super::*;
    use crate::map::tests::{cell, unit};
    use proptest::prelude::*;

    fn set(rules: &mut RuleSet, of: &str, name: &str, weight: u32) {
        rules.weights.entry(unit(of)).or_default().insert(cell(name), Weight(weight));
    }

    #[test]
    fn a22_totals_of_99_and_101_are_refused() {
        let (home, mut rules) = lent();
        set(&mut rules, "rz00", "rz00a", 49);
        set(&mut rules, "rz01", "rz01a", 51);
        assert_eq!(
            messages(&check(&rules, &World::of_home(&home)), Invariant::I4),
            [
                "weights of unit rz00 total 99 and not 100: rz00a 49, rz00b 50",
                "weights of unit rz01 total 101 and not 100: rz01a 51, rz01b 50",
            ]
        );
    }

    #[test]
    fn a_unit_without_users_may_have_any_total_and_strangers_are_named() {
        let (home, mut rules) = lent();
        set(&mut rules, "rz82", "rz82a", 0);
        set(&mut rules, "rz82", "rz00a", 0);
        set(&mut rules, "rz82", "rz82x", 0);
        set(&mut rules, "rz82", "rz82b", 101);
        rules.weights.remove(&unit("rz90"));
        assert_eq!(
            messages(&check(&rules, &World::of_home(&home)), Invariant::I4),
            [
                "unit rz82 has a weight for cell rz00a, which is of rz00",
                "weight of cell rz82b of unit rz82 is 101: use 0 to 100",
                "unit rz82 has a weight for cell rz82x, which is not declared",
                "unit rz90 owns UIDs 16-19,66-69 and has no cell",
            ]
        );
    }

    #[test]
    fn a_lost_cell_keeps_its_weight_but_gets_no_more() {
        let (home, before) = lent();
        let ready: BTreeSet<CellName> = BTreeSet::from([cell("rz00b")]);
        let world = World { home: &home, ready: Some(&ready), previous: Some(&before) };
        assert!(check(&before, &world).is_empty());
        let mut after = before.clone();
        set(&mut after, "rz00", "rz00a", 70);
        set(&mut after, "rz00", "rz00b", 30);
        assert_eq!(
            messages(&check(&after, &world), Invariant::I4),
            ["weight of cell rz00a rises from 50 to 70, but it is not Ready"]
        );
    }

    proptest! {
        #[test]
        fn fires_exactly_when_the_total_is_not_100(a in 0..=100_u32, b in 0..=100_u32) {
            let (home, mut rules) = lent();
            set(&mut rules, "rz00", "rz00a", a);
            set(&mut rules, "rz00", "rz00b", b);
            prop_assert_eq!(check(&rules, &World::of_home(&home)).is_empty(), a + b == 100);
        }
    }
}
