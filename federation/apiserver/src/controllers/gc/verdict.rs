//! What to do with one object. Pure.

use super::graph::{Deletion, Dependent, Uid};

/// What is known of an owner after the live look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerState {
    /// It is there and stays, or goes without waiting for its dependents.
    Solid,
    /// It waits for its dependents to go.
    Waiting,
    /// It is gone.
    Dangling,
    /// It can never be found: a kind that is not served, or a namespaced owner of a cluster-scoped
    /// object. Such a reference neither keeps nor kills anything but itself: the object stays.
    Unresolvable,
}

/// How an object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// At once.
    Background,
    /// After its dependents.
    Foreground,
    /// Without its dependents.
    Orphan,
}

/// The judgement on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Keep,
    /// Take these references out; others keep the object.
    DropOwners(Vec<Uid>),
    /// Delete it.
    Delete {
        /// How.
        policy: Policy,
        /// First take `blockOwnerDeletion` from its references: two objects that own each other in a
        /// circle would wait for ever.
        unblock: bool,
    },
    /// It is being deleted in the foreground and something still blocks it. Of that, these are not yet
    /// being deleted: look at them. (Two objects that block each other and are both deleted in the
    /// foreground by hand wait for a person, as upstream.)
    WaitFor(Vec<Uid>),
    /// It is being deleted in the foreground and nothing blocks it: take the finalizer out.
    ReleaseForeground,
    /// It is being deleted and its dependents stay: take it out of their references, then take the
    /// finalizer out.
    Orphan(Vec<Uid>),
}

/// Judges an object by its own state, its owners and its dependents. `finalizers` are those of the live
/// object.
pub fn judge(
    deletion: Deletion,
    finalizers: &[String],
    owners: &[(Uid, OwnerState)],
    dependents: &[Dependent],
) -> Verdict {
    match deletion {
        Deletion::Background => Verdict::Keep,
        Deletion::Orphan => Verdict::Orphan(dependents.iter().map(|d| Uid::clone(&d.uid)).collect()),
        Deletion::Foreground => {
            if !dependents.iter().any(|d| d.blocks) {
                return Verdict::ReleaseForeground;
            }
            let idle = dependents.iter().filter(|d| d.blocks && d.node.deletion == Deletion::None);
            Verdict::WaitFor(idle.map(|d| Uid::clone(&d.uid)).collect())
        }
        Deletion::None => judge_by_owners(finalizers, owners, dependents),
    }
}

fn judge_by_owners(finalizers: &[String], owners: &[(Uid, OwnerState)], dependents: &[Dependent]) -> Verdict {
    let is = |state: OwnerState| owners.iter().any(|(_, s)| *s == state);
    if owners.is_empty() || is(OwnerState::Unresolvable) {
        return Verdict::Keep;
    }
    if is(OwnerState::Solid) {
        let leaving = owners.iter().filter(|(_, s)| *s != OwnerState::Solid);
        let leaving: Vec<Uid> = leaving.map(|(uid, _)| Uid::clone(uid)).collect();
        return if leaving.is_empty() { Verdict::Keep } else { Verdict::DropOwners(leaving) };
    }
    if is(OwnerState::Waiting) && !dependents.is_empty() {
        let unblock = dependents.iter().any(|d| d.node.deletion == Deletion::Foreground);
        return Verdict::Delete { policy: Policy::Foreground, unblock };
    }
    let has = |name: &str| finalizers.iter().any(|f| f == name);
    let policy = if has(super::ORPHAN) {
        Policy::Orphan
    } else if has(super::FOREGROUND) {
        Policy::Foreground
    } else {
        Policy::Background
    };
    Verdict::Delete { policy, unblock: false }
}
