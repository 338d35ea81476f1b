//! I2: the effective owner is the override's if there is one, else the base owner; so effective owners partition
//! the UID space too, which two overrides of the same user break.

use super::{Invariant, Violation, World};
use crate::ruleset::RuleSet;
use crate::uid::{UidSet, cover};

/// Overrides that share users, and users that nobody serves although they have a base owner.
#[must_use]
pub fn check(rules: &RuleSet, _world: &World<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let overrides = rules.overrides.iter().map(|over| (over, &over.uids));
    for overlap in cover(rules.space, overrides).overlaps {
        let (left, right, uids) = (overlap.left, overlap.right, overlap.uids);
        let message = format!(
            "UIDs {uids} are moved twice: by the {} override to {} and by the {} override to {}",
            left.kind, left.to, right.kind, right.to
        );
        found.push(Violation::new(Invariant::I2, message));
    }
    let effective = rules.effective_owners();
    let served = effective.values().fold(UidSet::empty(rules.space), |all, uids| all.union(uids));
    let owned = rules.base.values().fold(UidSet::empty(rules.space), |all, uids| all.union(uids));
    let lost = owned.difference(&served);
    if !lost.is_empty() {
        found.push(Violation::new(
            Invariant::I2,
            format!("no unit serves UIDs {lost}, which have a base owner"),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{elastic, lent, messages};
    use super::*;
    use crate::map::tests::{uids, unit};
    use proptest::prelude::*;

    #[test]
    fn users_moved_twice_are_named() {
        let (home, mut rules) = lent();
        let mut twice = elastic("rz00", "18-25");
        twice.kind = crate::ruleset::OverrideKind::Takeover;
        twice.to = unit("rz82");
        rules.overrides.push(twice);
        assert_eq!(
            messages(&check(&rules, &World::of_home(&home)), Invariant::I2),
            [
                "UIDs 18-19 are moved twice: by the elastic override to rz90 and by the takeover override to rz82"
            ]
        );
    }

    proptest! {
        #[test]
        fn disjoint_overrides_keep_the_partition(moved in proptest::collection::btree_set(0..100_u32, 0..60)) {
            let (home, mut rules) = lent();
            let moved = UidSet::from_uids(rules.space, moved);
            let mut low = elastic("rz00", "");
            low.uids = moved.intersection(&uids("00-49"));
            let mut high = elastic("rz01", "");
            high.uids = moved.intersection(&uids("50-99"));
            rules.overrides = vec![low, high];
            prop_assert!(check(&rules, &World::of_home(&home)).is_empty());
            let owners = rules.effective_owners();
            prop_assert!(cover(rules.space, owners.iter()).is_partition());
            for (unit, set) in &owners {
                for uid in set.iter() {
                    prop_assert_eq!(rules.effective_owner(uid), Some(unit));
                }
            }
        }
    }
}
