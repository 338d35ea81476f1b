//! I1: base ranges of the R units partition the UID space exactly once: no gap, no overlap.

use super::{Invariant, Violation, World};
use crate::ruleset::RuleSet;
use crate::uid::cover;
use crate::unit::UnitType;

/// Gaps, overlaps, and base owners that are no R unit of the home map.
#[must_use]
pub fn check(rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for unit in rules.base.keys() {
        let why = match world.home.units.get(unit).map(|unit| &unit.unit_type) {
            Some(UnitType::RZone { .. }) => continue,
            Some(other) => format!("unit {unit} has base UIDs and is a {other}: only an RZone can own users"),
            None => {
                format!("unit {unit} has base UIDs and is not declared: create it or give them to another")
            }
        };
        found.push(Violation::new(Invariant::I1, why));
    }
    let cover = cover(rules.space, rules.base.iter());
    for overlap in &cover.overlaps {
        let (left, right, uids) = (overlap.left, overlap.right, &overlap.uids);
        let message =
            format!("units {left} and {right} both have base UIDs {uids}: take them from one of them");
        found.push(Violation::new(Invariant::I1, message));
    }
    if !cover.gap.is_empty() {
        let (gap, space) = (&cover.gap, rules.space);
        let message = format!("no unit has base UIDs {gap} of {space}: give them to an RZone");
        found.push(Violation::new(Invariant::I1, message));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{lent, messages};
    use super::*;
    use crate::map::tests::{uids, unit};
    use crate::uid::{UidRange, UidSet};
    use proptest::prelude::*;

    #[test]
    fn a22_overlap_gap_and_stranger_are_named() {
        let (home, mut rules) = lent();
        rules.base.insert(unit("rz00"), uids("00-48"));
        rules.base.insert(unit("rz01"), uids("45-90"));
        rules.base.insert(unit("gz00"), uids("95"));
        rules.base.insert(unit("rz77"), uids("96"));
        assert_eq!(
            messages(&check(&rules, &World::of_home(&home)), Invariant::I1),
            [
                "unit gz00 has base UIDs and is a GZone: only an RZone can own users",
                "unit rz77 has base UIDs and is not declared: create it or give them to another",
                "units rz00 and rz01 both have base UIDs 45-48: take them from one of them",
                "no unit has base UIDs 91-94,97-99 of 00-99: give them to an RZone",
            ]
        );
    }

    proptest! {
        #[test]
        fn fires_exactly_when_the_cuts_do_not_meet(first_end in 0..99_u32, second_begin in 0..100_u32) {
            let (home, mut rules) = lent();
            let range = |first, last| UidSet::from_ranges(rules.space, [UidRange { first, last }]);
            let (left, right) = (range(0, first_end), range(second_begin, 99));
            rules.base.insert(unit("rz00"), left);
            rules.base.insert(unit("rz01"), right);
            let fires = !check(&rules, &World::of_home(&home)).is_empty();
            prop_assert_eq!(fires, second_begin != first_end + 1);
        }
    }
}
