//! I8: an epoch strictly increases within a generation and is never reused; each rule set names its parent.
//!
//! The compare-and-set that assigns it is the store's; here is what its result must look like.

use super::{Invariant, Violation, World};
use crate::ruleset::RuleSet;

/// Epochs that do not follow the one they replace.
#[must_use]
pub fn check(rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |message: String| found.push(Violation::new(Invariant::I8, message));
    let epoch = rules.epoch;
    let Some(previous) = world.previous else {
        if let Some(parent) = rules.parent {
            say(format!("epoch {epoch} names parent {parent}, but nothing was committed before it"));
        }
        return found;
    };
    let before = previous.epoch;
    if epoch <= before {
        say(format!("epoch {epoch} does not come after epoch {before}, which is in force"));
    } else if epoch.generation == before.generation && epoch != before.next() {
        say(format!("epoch {epoch} skips after {before}: the next one is {}", before.next()));
    }
    if rules.parent != Some(before) {
        let parent = rules.parent.map_or_else(|| "no parent".to_owned(), |parent| format!("parent {parent}"));
        say(format!("epoch {epoch} names {parent}, but it replaces epoch {before}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{lent, messages};
    use super::*;
    use crate::epoch::Epoch;
    use proptest::prelude::*;

    #[test]
    fn epochs_that_do_not_follow_are_named() {
        let (home, mut before) = lent();
        before.epoch = Epoch::new(2, 7);
        let world = World { home: &home, ready: None, previous: Some(&before) };
        let with = |epoch, parent| RuleSet { epoch, parent, ..before.clone() };
        assert!(check(&with(Epoch::new(2, 8), Some(before.epoch)), &world).is_empty());
        assert!(check(&with(Epoch::new(3, 1), Some(before.epoch)), &world).is_empty());
        assert_eq!(
            messages(&check(&with(Epoch::new(2, 7), Some(before.epoch)), &world), Invariant::I8),
            ["epoch 2.7 does not come after epoch 2.7, which is in force"]
        );
        assert_eq!(
            messages(&check(&with(Epoch::new(2, 9), None), &world), Invariant::I8),
            [
                "epoch 2.9 skips after 2.7: the next one is 2.8",
                "epoch 2.9 names no parent, but it replaces epoch 2.7"
            ]
        );
        assert_eq!(
            messages(
                &check(&with(Epoch::new(1, 1), Some(Epoch::FIRST)), &World::of_home(&home)),
                Invariant::I8
            ),
            ["epoch 1.1 names parent 1.1, but nothing was committed before it"]
        );
    }

    proptest! {
        #[test]
        fn fires_for_all_but_the_next_and_higher_generations(generation in 0..4_u64, counter in 0..6_u64) {
            let (home, mut before) = lent();
            before.epoch = Epoch::new(2, 3);
            let world = World { home: &home, ready: None, previous: Some(&before) };
            let epoch = Epoch::new(generation, counter);
            let rules = RuleSet { epoch, parent: Some(before.epoch), ..before.clone() };
            let follows = epoch == before.epoch.next() || generation > 2;
            prop_assert_eq!(check(&rules, &world).is_empty(), follows);
        }
    }
}
