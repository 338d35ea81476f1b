//! `Ungated → Attaching → Serving`: done only when every declared traffic party has taken the pod up again.

use super::{Party, Step, Waiting};

/// Waits for the parties that have not taken the pod up.
pub(super) fn wait(parties: &[Party]) -> Option<Step> {
    let missing: Vec<String> =
        parties.iter().filter(|party| !party.attached).map(|party| party.name.clone()).collect();
    (!missing.is_empty()).then_some(Step::Wait(Waiting::Attaching { parties: missing }))
}
