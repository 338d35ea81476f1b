//! `Serving → Gated`: the readiness gate goes false, and the pod leaves the endpoints of its Services.

use super::{Move, Step, Waiting};
use crate::pod::PodView;

/// Closes the gate, then waits until the kubelet has said that the pod is not ready: only then has it left.
pub(super) fn close(pod: &PodView, wanted: &Move) -> Option<Step> {
    if pod.gate != Some(false) {
        return Some(Step::CloseGate { revision: wanted.revision.clone() });
    }
    pod.is_ready().then_some(Step::Wait(Waiting::GateSeen))
}

/// Whether it could ever be ready: a pod whose gate was never opened serves nobody.
pub(super) fn was_ever_open(pod: &PodView) -> bool {
    pod.gate.is_some()
}
