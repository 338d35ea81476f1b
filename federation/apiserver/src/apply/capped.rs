//! Keeps the number of update managers bounded.

use super::managed::{Operation, Owner};

/// Most entries of updates that are kept apart.
pub(super) const MAX_UPDATE_MANAGERS: usize = 10;

/// The manager that older updates are put together under.
const ANCIENT: &str = "ancient-changes";

/// Merges the oldest updates of each version into one entry until [`MAX_UPDATE_MANAGERS`] are left.
pub(super) fn cap(owners: &mut Vec<Owner>) {
    let mut updates: Vec<Owner> = Vec::new();
    if owners.iter().filter(|owner| owner.operation == Operation::Update).count() <= MAX_UPDATE_MANAGERS {
        return;
    }
    owners.retain(|owner| {
        let update = owner.operation == Operation::Update;
        if update {
            updates.push(owner.clone());
        }
        !update
    });
    updates.sort_by(|a, b| (&a.time, &a.manager, &a.subresource).cmp(&(&b.time, &b.manager, &b.subresource)));
    while updates.len() > MAX_UPDATE_MANAGERS {
        let oldest = updates.remove(0);
        // The next entry of the same version takes it in; without one there is nothing to merge with.
        let Some(next) = updates.iter_mut().find(|owner| owner.api_version == oldest.api_version) else {
            owners.push(oldest);
            continue;
        };
        next.set = next.set.union(&oldest.set);
        next.manager = ANCIENT.to_owned();
        next.subresource.clear();
        fold_ancient(&mut updates);
    }
    owners.append(&mut updates);
}

/// Two buckets of one version become one, at the place of the later.
fn fold_ancient(updates: &mut Vec<Owner>) {
    for index in (1..updates.len()).rev() {
        let earlier = updates[..index].iter().position(|owner| owner.is(&updates[index]));
        if let Some(earlier) = earlier {
            let taken = updates.remove(earlier);
            updates[index - 1].set = updates[index - 1].set.union(&taken.set);
            return;
        }
    }
}
