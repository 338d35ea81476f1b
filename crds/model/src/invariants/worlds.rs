//! Rule sets and worlds for the tests of the checks.

use super::{Invariant, Violation, World};
use crate::map::HomeMap;
use crate::map::tests::{cell, slides, uids, unit};
use crate::ruleset::{Override, OverrideKind, RuleSet};
use crate::timestamp::Timestamp;

/// The slides' world, with RZ90 holding 16-19 and 66-69.
pub(super) fn lent() -> (HomeMap, RuleSet) {
    let home = slides();
    let mut rules = RuleSet::first(&home).unwrap();
    rules.overrides = vec![elastic("rz00", "16-19"), elastic("rz01", "66-69")];
    (home, rules)
}

pub(super) fn elastic(from: &str, text: &str) -> Override {
    Override {
        kind: OverrideKind::Elastic,
        from: unit(from),
        to: unit("rz90"),
        uids: uids(text),
        return_by: Some(Timestamp::from_seconds(1_800_000_000)),
    }
}

pub(super) fn messages(violations: &[Violation], invariant: Invariant) -> Vec<&str> {
    assert!(violations.iter().all(|violation| violation.invariant == invariant), "{violations:?}");
    violations.iter().map(|violation| violation.message.as_str()).collect()
}

#[test]
fn the_slides_world_violates_nothing() {
    let (home, rules) = lent();
    assert_eq!(super::check_all(&rules, &World::of_home(&home)), []);
}

#[test]
fn check_all_runs_every_check() {
    let (home, mut rules) = lent();
    rules.base.insert(unit("rz00"), uids("00-48"));
    rules.overrides[0].return_by = None;
    rules.overrides[1].uids = uids("16");
    rules.weights.get_mut(&unit("rz00")).unwrap().insert(cell("rz00a"), crate::Weight(49));
    rules.writers.clear();
    rules.active_c.push(crate::ruleset::ActiveC { unit: unit("cz82"), ..rules.active_c[0].clone() });
    rules.parent = Some(rules.epoch);
    let mut broken = home.clone();
    if let Some(crate::UnitType::RZone { same_city, .. }) =
        broken.units.get_mut(&unit("rz00")).map(|unit| &mut unit.unit_type)
    {
        *same_city = Some(unit("rz00"));
    }
    let found = super::check_all(&rules, &World::of_home(&broken));
    for invariant in [
        Invariant::I1,
        Invariant::I2,
        Invariant::I3,
        Invariant::I4,
        Invariant::I5,
        Invariant::I6,
        Invariant::I7,
        Invariant::I8,
    ] {
        assert!(found.iter().any(|violation| violation.invariant == invariant), "{invariant}: {found:?}");
    }
}
