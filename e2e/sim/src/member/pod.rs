//! One pod: its spec, its status, and what the agent's core sees of it.

use std::collections::BTreeMap;

use member_agent_core::pod::{ContainerView, PodView, Scheduling};
use member_agent_core::pod_life::Record;
use model::Timestamp;

/// A pod with one container.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub name: String,
    pub uid: String,
    pub version: u64,
    pub set: String,
    pub cell: String,
    /// Value of the revision label.
    pub revision: String,
    /// Image in the spec.
    pub image: String,
    /// The readiness gate; `None`: never written.
    pub gate: Option<bool>,
    /// The annotation of the update in place.
    pub record: Option<Record>,
    pub created: Timestamp,
    pub is_deleting: bool,
    pub has_ended: bool,
    /// `containerID`, and the image that it runs.
    pub container: String,
    pub running: String,
    pub is_started: bool,
    pub waiting: Option<(String, String)>,
    /// Whether the kubelet has seen the newest spec.
    pub is_observed: bool,
    /// The `Ready` condition.
    pub ready_since: Option<Timestamp>,
    /// When it was ready for the first time ever.
    pub first_ready: Option<Timestamp>,
    /// When the container that is starting will run.
    pub starts_at: Option<u64>,
}

impl Pod {
    /// As the agent sees it. With `old_soak`, wrongly: its first transition counts for every revision.
    pub(crate) fn view(&self, old_soak: bool) -> PodView {
        let ready_since = match (self.ready_since, old_soak) {
            (Some(_), true) => self.first_ready,
            (since, _) => since,
        };
        let container = ContainerView {
            image: self.image.clone(),
            id: self.container.clone(),
            ready: self.is_started,
            waiting: self.waiting.clone(),
        };
        PodView {
            name: self.name.clone(),
            uid: self.uid.clone(),
            set: self.set.clone(),
            revision: self.revision.clone(),
            created: self.created,
            deleting: self.is_deleting,
            ended: self.has_ended,
            ready_since,
            gate: self.gate,
            observed: self.is_observed,
            scheduling: Scheduling::Placed,
            containers: BTreeMap::from([("shop".to_owned(), container)]),
            record: self.record.clone(),
        }
    }

    /// Whether it counts.
    pub(crate) const fn is_alive(&self) -> bool {
        !self.is_deleting && !self.has_ended
    }

    /// Whether it runs what its label says and has been ready for so long, by all that is true.
    pub(crate) fn has_soaked(&self, revision: &str, seconds: u32, now: Timestamp) -> bool {
        let since = self.ready_since.filter(|_| self.running == self.image && self.revision == revision);
        since.is_some_and(|since| since.plus_seconds(i64::from(seconds)) <= now) && self.is_alive()
    }
}
