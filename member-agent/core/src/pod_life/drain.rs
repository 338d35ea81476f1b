//! `Gated → Draining`: every traffic party deregisters the pod, then drops its finalizer. A finalizer that stays is
//! waited for and named; it is never taken away for its owner.

use super::{Party, Step, Waiting};

/// Waits for the parties that still hold the pod.
pub(super) fn wait(parties: &[Party]) -> Option<Step> {
    let holding: Vec<String> =
        parties.iter().filter(|party| party.attached).map(|party| party.name.clone()).collect();
    (!holding.is_empty()).then_some(Step::Wait(Waiting::Draining { parties: holding }))
}
