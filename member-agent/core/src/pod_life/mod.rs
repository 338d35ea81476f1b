//! One pod through an update in place (02 §3, slide 13):
//! `Serving → Gated → Draining → Settling → Upgrading → Ungated → Attaching → Serving`.
//!
//! Where a pod is follows from what is stored on it: the condition of its readiness gate, the finalizers of its traffic
//! parties, and the [`Record`] in its annotation. So a crash between any two writes resumes, and a pod that is no
//! longer wanted returns to service from every state before `Upgrading`. One file per step.

mod attach;
mod drain;
mod gate;
mod record;
mod settle;
mod ungate;
mod upgrade;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use model::Timestamp;
pub use record::{Baseline, Record};

use crate::pod::PodView;

/// Somebody who sends traffic to the pod from outside of its Service and must let go of it first. This version
/// declares none; the list is always empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its traffic type.
    pub name: String,
    /// Whether its finalizer is on the pod.
    pub attached: bool,
}

/// What a pod is to become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// The revision.
    pub revision: String,
    /// The group that moves it.
    pub group: i32,
    /// New image by container; empty when nothing restarts.
    pub images: BTreeMap<String, String>,
    /// Labels to set, or to take away.
    pub labels: BTreeMap<String, Option<String>>,
    /// Annotations to set, or to take away.
    pub annotations: BTreeMap<String, Option<String>>,
}

/// One write on a pod that moves it to a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upgrade {
    /// New image by container.
    pub images: BTreeMap<String, String>,
    /// Labels to set, or to take away.
    pub labels: BTreeMap<String, Option<String>>,
    /// Annotations to set, or to take away.
    pub annotations: BTreeMap<String, Option<String>>,
}

/// What a pod waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// `Gated`: the kubelet has not yet said that the pod is not ready.
    GateSeen,
    /// `Draining`: these parties still hold it.
    Draining {
        /// Their names.
        parties: Vec<String>,
    },
    /// `Settling`: requests in flight end until then.
    Settling {
        /// When it is over.
        until: Timestamp,
    },
    /// `Upgrading`: these containers have not restarted with their new image and become ready.
    Upgrading {
        /// Their names.
        containers: Vec<String>,
    },
    /// `Attaching`: these parties have not taken it up again.
    Attaching {
        /// Their names.
        parties: Vec<String>,
    },
}

/// The next thing to do with a pod: at most one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it serves, or is as it should be.
    Serve,
    /// Set the readiness gate to true: a new pod, one that is done, or one whose update was called off.
    OpenGate,
    /// Set the readiness gate to false: an update begins.
    CloseGate {
        /// The revision it is for.
        revision: String,
    },
    /// Write down how far it is.
    Note(Record),
    /// Change spec, labels and annotations in one write.
    Upgrade(Upgrade),
    /// Nothing until something else happens.
    Wait(Waiting),
}

/// The next step of a pod. `wanted` is where it should go; `None`, or the revision that it has, lets it finish or
/// return to service.
pub fn step(pod: &PodView, wanted: Option<&Move>, parties: &[Party], now: Timestamp) -> Step {
    match wanted.filter(|wanted| wanted.revision != pod.revision) {
        Some(wanted) => leave(pod, wanted, parties, now),
        None => come_back(pod, parties),
    }
}

/// From `Serving` to `Upgrading`.
fn leave(pod: &PodView, wanted: &Move, parties: &[Party], now: Timestamp) -> Step {
    if upgrade::is_running(pod) || wanted.images.is_empty() || !gate::was_ever_open(pod) {
        // Out of service already, or nothing of it restarts.
        return Step::Upgrade(upgrade::enter(pod, wanted, now));
    }
    gate::close(pod, wanted)
        .or_else(|| drain::wait(parties))
        .or_else(|| settle::wait(pod, wanted, parties, now))
        .unwrap_or_else(|| Step::Upgrade(upgrade::enter(pod, wanted, now)))
}

/// From `Upgrading`, or from wherever it was called off, to `Serving`.
fn come_back(pod: &PodView, parties: &[Party]) -> Step {
    upgrade::wait(pod).or_else(|| ungate::open(pod)).or_else(|| attach::wait(parties)).unwrap_or(Step::Serve)
}

/// Whether a pod is in the middle of an update: chosen, out of service, or not proven yet.
pub fn is_moving(pod: &PodView) -> bool {
    pod.gate == Some(false) || upgrade::is_running(pod)
}
