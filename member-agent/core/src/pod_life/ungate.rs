//! `Upgrading → Ungated`: the readiness gate goes true; also the way back of a pod whose update was called off.

use super::Step;
use crate::pod::PodView;

/// Opens the gate where it is not open.
pub(super) fn open(pod: &PodView) -> Option<Step> {
    (pod.gate != Some(true)).then_some(Step::OpenGate)
}
