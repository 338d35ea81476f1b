//! I3: an override names its base owner, is a subset of that owner's base, and (elastic) has a return deadline.

use super::{Invariant, Violation, World};
use crate::ruleset::{Override, OverrideKind, RuleSet};
use crate::uid::UidSet;
use crate::unit::UnitType;

/// Overrides of users that their `from` does not own, without a deadline, or to something that can own no users.
#[must_use]
pub fn check(rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    rules.overrides.iter().flat_map(|over| one(rules, world, over)).collect()
}

fn one(rules: &RuleSet, world: &World<'_>, over: &Override) -> Vec<Violation> {
    let mut found = Vec::new();
    let Override { kind, from, to, uids, return_by } = over;
    let mut say = |message: String| found.push(Violation::new(Invariant::I3, message));
    let empty = UidSet::empty(rules.space);
    let strange = uids.difference(rules.base.get(from).unwrap_or(&empty));
    if !strange.is_empty() {
        say(format!("{kind} override from {from} to {to} moves UIDs {strange}, which {from} does not own"));
    }
    if uids.is_empty() {
        say(format!("{kind} override from {from} to {to} moves no UID: remove it"));
    }
    if *kind == OverrideKind::Elastic && return_by.is_none() {
        say(format!("elastic override of UIDs {uids} from {from} to {to} has no return deadline"));
    }
    if from == to {
        say(format!("{kind} override of UIDs {uids} goes from {from} to itself"));
    }
    match world.home.units.get(to).map(|unit| &unit.unit_type) {
        Some(UnitType::RZone { .. }) => {}
        Some(other) => say(format!("{kind} override gives UIDs {uids} to {to}, which is a {other}")),
        None => say(format!("{kind} override gives UIDs {uids} to {to}, which is not declared")),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{elastic, lent, messages};
    use super::*;
    use crate::map::tests::unit;
    use proptest::prelude::*;

    #[test]
    fn every_fault_is_named() {
        let (home, mut rules) = lent();
        let mut to_g = elastic("rz00", "20");
        to_g.to = unit("gz00");
        let mut to_none = elastic("rz00", "21");
        to_none.to = unit("rz77");
        let mut to_self = elastic("rz00", "22");
        to_self.to = unit("rz00");
        let mut forever = elastic("rz00", "23");
        forever.return_by = None;
        rules.overrides =
            vec![elastic("rz00", "45-55"), to_g, to_none, to_self, forever, elastic("rz00", "")];
        assert_eq!(
            messages(&check(&rules, &World::of_home(&home)), Invariant::I3),
            [
                "elastic override from rz00 to rz90 moves UIDs 50-55, which rz00 does not own",
                "elastic override gives UIDs 20 to gz00, which is a GZone",
                "elastic override gives UIDs 21 to rz77, which is not declared",
                "elastic override of UIDs 22 goes from rz00 to itself",
                "elastic override of UIDs 23 from rz00 to rz90 has no return deadline",
                "elastic override from rz00 to rz90 moves no UID: remove it",
            ]
        );
    }

    #[test]
    fn a_takeover_needs_no_deadline() {
        let (home, mut rules) = lent();
        rules.overrides[0].kind = OverrideKind::Takeover;
        rules.overrides[0].return_by = None;
        assert!(check(&rules, &World::of_home(&home)).is_empty());
    }

    proptest! {
        #[test]
        fn fires_exactly_when_a_user_is_not_the_lenders(moved in proptest::collection::btree_set(0..100_u32, 1..9)) {
            let (home, mut rules) = lent();
            rules.overrides = vec![elastic("rz00", "")];
            rules.overrides[0].uids = UidSet::from_uids(rules.space, moved.iter().copied());
            let fires = !check(&rules, &World::of_home(&home)).is_empty();
            prop_assert_eq!(fires, moved.iter().any(|uid| *uid >= 50));
        }
    }
}
