//! What a plan for one set is made from, and what it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::Timestamp;
use serde_json::Value;

use crate::pod::Problem;
use crate::pod_life::Step;
use crate::template::Identity;

/// When a pod may be updated in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodUpgradePolicy {
    /// In place where only images, labels or annotations differ, else made anew.
    #[default]
    InPlaceIfPossible,
    /// In place or not at all.
    InPlaceOnly,
    /// Always made anew.
    Recreate,
}

/// An InPlaceSet as it is wanted.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Pods it keeps.
    pub replicas: u32,
    /// How many of them should run its revision.
    pub updated_target: u32,
    /// Where its pods belong; `revision` is the template's.
    pub identity: Identity,
    /// Revision of pods that should not be updated yet; empty: the template's.
    pub current_revision: String,
    /// Stops updates; what is in the middle of one is finished.
    pub paused: bool,
    /// A pod counts as available when it was ready for so long.
    pub min_ready_seconds: u32,
    /// When a pod may be updated in place.
    pub policy: PodUpgradePolicy,
    /// Templates by revision, rendered for the cell: the set's own, and older ones as far as they were read.
    pub templates: BTreeMap<String, Arc<Value>>,
    /// Revisions whose template is gone for good.
    pub lost: BTreeSet<String>,
}

/// Why a pod is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It failed or succeeded and will never run again.
    Ended,
    /// There are more than there should be.
    Surplus,
    /// The new revision cannot be reached in place.
    Recreate,
}

/// One thing to do. Every pod has at most one act in a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Make a pod of this name; a stale view leads to the same name, which exists then.
    Create {
        /// Its name.
        name: String,
        /// Its revision.
        revision: String,
        /// Labels, annotations and spec.
        pod: Value,
    },
    /// Delete the pod, if it still has this uid.
    Delete {
        /// Its name.
        name: String,
        /// Its uid.
        uid: String,
        /// Why.
        why: Why,
    },
    /// One write on a pod.
    Step {
        /// Its name.
        name: String,
        /// What to write.
        step: Step,
    },
}

/// Seen state of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetStatus {
    /// Pods that are alive.
    pub replicas: u32,
    /// Pods that run the set's revision, proven.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// Pods that run the set's revision and are available.
    pub updated_available: u32,
    /// The first problems.
    pub problems: Vec<Problem>,
}

/// What to do with the pods of a set.
#[derive(Clone, Debug, Default)]
pub struct SetPlan {
    /// In any order.
    pub acts: Vec<Act>,
    /// What is seen.
    pub status: SetStatus,
    /// When to ask again although nothing happened.
    pub wake_at: Option<Timestamp>,
    /// Revisions whose template is needed: read it, or call it lost, and ask again.
    pub missing_templates: BTreeSet<String>,
    /// The field because of which pods cannot be updated under `InPlaceOnly`.
    pub refused: Option<String>,
}
