//! One pod as it was seen, and the questions that everything else asks about it.

use std::collections::BTreeMap;

use model::Timestamp;

use crate::pod_life::Record;

/// Whether a pod has a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduling {
    /// It has one.
    Placed,
    /// The scheduler has not looked yet.
    Waiting,
    /// The scheduler found no room.
    NoRoom {
        /// Since when it says so.
        since: Timestamp,
        /// Its words.
        message: String,
    },
}

/// One container of a pod, from its spec and its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerView {
    /// Image in the spec.
    pub image: String,
    /// `containerID` in the status; empty before the first start.
    pub id: String,
    /// Whether the kubelet calls it ready.
    pub ready: bool,
    /// Reason and message of a container that waits (`ImagePullBackOff`).
    pub waiting: Option<(String, String)>,
}

/// One pod as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Its name.
    pub name: String,
    /// Its uid; a name may come back, a uid does not.
    pub uid: String,
    /// The set (InPlaceSet or ReplicaSet) that controls it.
    pub set: String,
    /// Value of its revision label.
    pub revision: String,
    /// When it was made.
    pub created: Timestamp,
    /// It has a deletion timestamp.
    pub deleting: bool,
    /// Its phase is `Failed` or `Succeeded`: it will never run again.
    pub ended: bool,
    /// Its `Ready` condition, and since when.
    pub ready_since: Option<Timestamp>,
    /// Its readiness gate for updates in place: absent, false or true.
    pub gate: Option<bool>,
    /// Whether `status.observedGeneration` has reached `metadata.generation` (true where a kubelet reports none).
    pub observed: bool,
    /// Whether it has a node.
    pub scheduling: Scheduling,
    /// Its containers by name, without init containers.
    pub containers: BTreeMap<String, ContainerView>,
    /// What the update in place wrote down, when it has one that can be read.
    pub record: Option<Record>,
}

impl PodView {
    /// Whether it counts: not on its way out and able to run.
    pub fn is_alive(&self) -> bool {
        !self.deleting && !self.ended
    }

    /// Whether it may get traffic.
    pub fn is_ready(&self) -> bool {
        self.ready_since.is_some() && !self.deleting
    }

    /// When it is, or will be, ready for `min_ready_seconds`; `None` while it is not ready.
    pub fn available_at(&self, min_ready_seconds: u32) -> Option<Timestamp> {
        if self.deleting {
            return None;
        }
        self.ready_since.map(|since| since.plus_seconds(i64::from(min_ready_seconds)))
    }

    /// Whether it has been ready for `min_ready_seconds`.
    pub fn is_available(&self, min_ready_seconds: u32, now: Timestamp) -> bool {
        self.available_at(min_ready_seconds).is_some_and(|at| at <= now)
    }

    /// Whether it runs the revision of its label for sure: it was made with it, or its update in place is proven.
    pub fn is_proven(&self) -> bool {
        match &self.record {
            Some(record) => record.revision != self.revision || record.is_proven(self),
            None => true,
        }
    }

    /// Whether it has been without room for `delay_seconds`.
    pub fn is_stuck(&self, delay_seconds: u32, now: Timestamp) -> bool {
        self.stuck_at(delay_seconds).is_some_and(|at| at <= now)
    }

    /// When it is, or will be, without room for `delay_seconds`.
    pub fn stuck_at(&self, delay_seconds: u32) -> Option<Timestamp> {
        match &self.scheduling {
            Scheduling::NoRoom { since, .. } if self.is_alive() => {
                Some(since.plus_seconds(i64::from(delay_seconds)))
            }
            _ => None,
        }
    }
}
