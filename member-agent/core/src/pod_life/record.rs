//! What an update in place writes on its pod: where it goes, and what must be seen to believe that it arrived.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pod::PodView;

/// What a container was before the update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its `containerID`.
    pub id: String,
    /// The image in the spec that this id was started with.
    pub image: String,
}

/// The annotation [`crate::annotation::IN_PLACE_STATE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it goes.
    pub revision: String,
    /// Where it came from.
    pub from: String,
    /// When this was written.
    pub since: Timestamp,
    /// Whether parties have let go of it and requests in flight are ending; the upgrade itself has not begun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settling: bool,
    /// The containers that must restart, as they were before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub containers: BTreeMap<String, Baseline>,
}

impl Record {
    /// Reads the annotation; `None` where it is not ours.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The text of the annotation.
    pub fn to_text(&self) -> String {
        // A map of texts and numbers always has a text.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The containers that have not proven themselves.
    ///
    /// The proof is a new `containerID`, ready: runtimes rewrite the image's name in the status, so the name proves
    /// nothing (02 §3.9). A container that went back to the image it still runs has nothing to restart; then the
    /// kubelet must have seen the newest spec.
    pub fn unproven(&self, pod: &PodView) -> Vec<String> {
        let is_open = |(name, baseline): &(&String, &Baseline)| {
            let Some(container) = pod.containers.get(*name) else { return false };
            let restarted = !container.id.is_empty() && container.id != baseline.id;
            let never_left =
                container.id == baseline.id && container.image == baseline.image && !baseline.id.is_empty();
            !(container.ready && pod.observed && (restarted || never_left))
        };
        self.containers.iter().filter(is_open).map(|(name, _)| name.clone()).collect()
    }

    /// Whether the pod runs [`Record::revision`] for sure.
    pub fn is_proven(&self, pod: &PodView) -> bool {
        !self.settling && self.unproven(pod).is_empty()
    }
}
