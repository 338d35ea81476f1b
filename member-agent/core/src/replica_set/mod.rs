//! The other pod set type: one ReplicaSet per revision and cell. The group is surged first; as its pods become
//! available, pods of older revisions go (02 §3.9).

use model::Timestamp;

/// A ReplicaSet of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// Its revision.
    pub revision: String,
    /// Replicas in its spec.
    pub replicas: u32,
    /// Its pods that are available.
    pub available: u32,
    /// When it was made.
    pub created: Timestamp,
}

/// What a cell should hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Pods of the cell.
    pub replicas: u32,
    /// How many of them should run the new revision.
    pub updated_target: u32,
}

/// Replicas of the new revision's ReplicaSet, and of every older one in the order given.
///
/// Together they never have fewer available pods than before: an old pod goes only when a new one is available, or
/// when it was not available itself. Old pods that are missing are added to the set of `current`.
pub fn split(wanted: Wanted, new_available: u32, older: &[Held], current: &str) -> (u32, Vec<u32>) {
    let new = wanted.updated_target.min(wanted.replicas);
    let old_wanted = wanted.replicas - new_available.min(new);
    let mut replicas: Vec<u32> = older.iter().map(|held| held.replicas).collect();
    let total: u32 = replicas.iter().sum();
    if total < old_wanted && new < wanted.replicas {
        // Only what the new set will not bring: the rest of the old revision's part.
        let missing = (wanted.replicas - new).saturating_sub(total);
        if let Some(place) = older.iter().position(|held| held.revision == current) {
            replicas[place] += missing;
        }
        return (new, replicas);
    }
    let mut surplus = total.saturating_sub(old_wanted);
    let mut order: Vec<usize> = (0..older.len()).collect();
    // Interrupted releases in between go before the revision that all pods ran; among them the youngest first.
    order.sort_by_key(|place| (older[*place].revision == current, std::cmp::Reverse(older[*place].created)));
    for take_unavailable in [true, false] {
        for place in &order {
            let held = &older[*place];
            let free = match take_unavailable {
                true => replicas[*place].saturating_sub(held.available),
                false => replicas[*place],
            };
            let taken = free.min(surplus);
            replicas[*place] -= taken;
            surplus -= taken;
        }
    }
    (new, replicas)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held(revision: &str, replicas: u32, available: u32) -> Held {
        Held {
            name: revision.into(),
            revision: revision.into(),
            replicas,
            available,
            created: Timestamp::default(),
        }
    }

    #[test]
    fn surges_the_group_then_removes_old_ones() {
        let wanted = Wanted { replicas: 5, updated_target: 2 };
        assert_eq!(split(wanted, 0, &[held("a", 5, 5)], "a"), (2, vec![5]));
        assert_eq!(split(wanted, 1, &[held("a", 5, 5)], "a"), (2, vec![4]));
        assert_eq!(split(wanted, 2, &[held("a", 4, 4)], "a"), (2, vec![3]));
        let all = Wanted { replicas: 5, updated_target: 5 };
        assert_eq!(split(all, 5, &[held("a", 3, 3)], "a"), (5, vec![0]));
    }

    #[test]
    fn an_interrupted_release_goes_before_the_revision_that_ran() {
        let wanted = Wanted { replicas: 4, updated_target: 1 };
        assert_eq!(split(wanted, 1, &[held("a", 3, 3), held("b", 1, 0)], "a"), (1, vec![3, 0]));
    }

    #[test]
    fn a_cell_that_grows_in_mid_release_grows_on_the_old_revision() {
        let wanted = Wanted { replicas: 8, updated_target: 2 };
        assert_eq!(split(wanted, 2, &[held("a", 3, 3)], "a"), (2, vec![6]));
    }

    proptest! {
        #[test]
        fn available_pods_never_fall_below_what_is_wanted_by_its_own_doing(
            replicas in 0..12_u32, target in 0..12_u32, new_available in 0..12_u32,
            older in proptest::collection::vec((0..8_u32, 0..8_u32), 0..3),
        ) {
            let older: Vec<Held> = older.iter().enumerate()
                .map(|(place, (replicas, available))| held(&place.to_string(), *replicas, *available.min(replicas)))
                .collect();
            let wanted = Wanted { replicas, updated_target: target };
            let (new, old) = split(wanted, new_available, &older, "0");
            let new_available = new_available.min(new);
            let before: u32 = new_available + older.iter().map(|held| held.available).sum::<u32>();
            let after: u32 = new_available
                + older.iter().zip(&old).map(|(held, left)| held.available.min(*left)).sum::<u32>();
            prop_assert!(after >= before.min(replicas), "{before} -> {after} of {replicas}");
            prop_assert!(new <= target);
        }
    }
}
