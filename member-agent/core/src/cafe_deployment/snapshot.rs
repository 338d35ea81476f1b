//! What a plan for one CafeDeployment is made from, and what it is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Timestamp;
use model::groups::UpgradeType;
use serde_json::Value;

use crate::in_place_set::PodUpgradePolicy;
use crate::pod::{PodView, Problem};
use crate::template::CellOverride;

/// What holds the pods of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodSetType {
    /// An InPlaceSet.
    #[default]
    InPlaceSet,
    /// A ReplicaSet per revision.
    ReplicaSet,
}

/// A confirmation as it stands in the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The release.
    pub release_seq: i64,
    /// The finished group, counted as in the status.
    pub group: i32,
}

/// A CafeDeployment as it is wanted.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// Its generation.
    pub generation: i64,
    /// Pods in all cells together.
    pub replicas: u32,
    /// Labels by which it knows its pods.
    pub match_labels: BTreeMap<String, String>,
    /// The pod template.
    pub template: Arc<Value>,
    /// Changes to it for some cells.
    pub overrides: Vec<CellOverride>,
    /// What holds the pods of a cell.
    pub pod_set_type: PodSetType,
    /// Beta or batches.
    pub upgrade_type: UpgradeType,
    /// Pods per group; `None`: all at once.
    pub batch_size: Option<u32>,
    /// Whether groups of an update are confirmed.
    pub need_confirm: bool,
    /// Whether groups of a first roll-out or a scale-out are, too.
    pub confirm_scaling: bool,
    /// A pod counts as available when it was ready for so long.
    pub min_ready_seconds: u32,
    /// Stops all progress.
    pub pause: bool,
    /// When a pod may be updated in place.
    pub policy: PodUpgradePolicy,
    /// The last group that was confirmed.
    pub confirmed: Option<Confirmed>,
    /// Its cells in order; `None` for one set without cells.
    pub cells: Option<Vec<String>>,
    /// Cells that a person pinned, as written.
    pub pins: BTreeMap<String, String>,
    /// A hub's shares.
    pub assigned: BTreeMap<String, u32>,
    /// After so many seconds without room a pod gives its place away; `None`: never.
    pub reschedule_after_seconds: Option<u32>,
    /// Revisions kept.
    pub history_limit: usize,
    /// Seconds without progress before it is called stuck.
    pub progress_deadline_seconds: u32,
    /// The hub's number of this release, where a hub owns it.
    pub hub_release_seq: Option<i64>,
    /// Whether a hub owns it: then confirmations by annotation do not count.
    pub has_hub_owner: bool,
    /// The annotation `upgrade-confirmed`, as written.
    pub upgrade_confirmed: Option<String>,
    /// The annotation that asks for a rollback, as written.
    pub rollback_to: Option<String>,
}

/// A set of the application as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetSeen {
    /// Its name.
    pub name: String,
    /// What it is.
    pub set_type: PodSetType,
    /// Its cell; [`super::ALL_CELLS`] without cells.
    pub cell: String,
    /// Its revision.
    pub revision: String,
    /// Replicas in its spec.
    pub replicas: u32,
    /// When it was made.
    pub created: Timestamp,
}

/// A revision in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSeen {
    /// Name of the object.
    pub name: String,
    /// The revision.
    pub revision: String,
    /// Its number, as `rollback-to` counts.
    pub number: i64,
}

/// Everything that was seen of an application.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The last status.
    pub status: Status,
    /// Its sets.
    pub sets: Vec<SetSeen>,
    /// Its pods, whatever their state.
    pub pods: Vec<PodView>,
    /// Its history.
    pub records: Vec<RecordSeen>,
    /// The template of `status.current_revision`, where it was read; for `InPlaceOnly`.
    pub current_template: Option<Arc<Value>>,
}

/// Where a release is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Pods move.
    #[default]
    Releasing,
    /// A person is waited for.
    WaitingForConfirm,
    /// A person paused it.
    Paused,
    /// All pods run the revision and are available.
    Succeeded,
    /// Pods are added.
    Scaling,
    /// The progress deadline is over; it goes on when pods move again.
    Failed,
}

/// What a release is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The first one: there is no revision that all pods ran.
    #[default]
    Rollout,
    /// From one template to another.
    Update,
    /// Back to the revision that all pods ran, before the other one got there.
    Cancel,
    /// More pods of the same revision.
    Scale,
}

/// The release that runs or ran last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Where it is.
    pub phase: Phase,
    /// What it is about.
    pub kind: Kind,
    /// The group that runs or waits, from 0 with beta and from 1 without.
    pub group: i32,
    /// The last group.
    pub last_group: i32,
    /// Whether the pods of `group` all run the revision and are available.
    pub group_done: bool,
    /// Pods of every group by cell.
    pub groups: Vec<BTreeMap<String, u32>>,
    /// Whether a person is waited for.
    pub waiting_for_confirm: bool,
    /// `GROUP/LAST`.
    pub progress: String,
    /// What is waited for, with numbers.
    pub waiting_for: String,
    /// When pods moved last.
    pub last_progress: Timestamp,
}

/// Counts of a cell, in a status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellStatus {
    /// The cell.
    pub name: String,
    /// Pods it should have.
    pub desired: u32,
    /// Pods it has.
    pub replicas: u32,
    /// Pods that run the revision, proven.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// Why it is not as it should be.
    pub reason: String,
}

/// Status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody can say.
    Unknown,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `Progressing`, `Available`, `Paused`, `Invalid`.
    pub kind: String,
    /// Whether it holds.
    pub truth: Truth,
    /// A name out of a closed list.
    pub reason: String,
    /// In words, with numbers.
    pub message: String,
    /// Since when it holds or not.
    pub since: Timestamp,
}

/// Seen state of a CafeDeployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The generation it speaks of.
    pub observed_generation: i64,
    /// Revision that all pods ran when the last release ended.
    pub current_revision: String,
    /// Revision of the template.
    pub updated_revision: String,
    /// Counts releases.
    pub release_seq: i64,
    /// Pods that are alive.
    pub replicas: u32,
    /// Pods that run the updated revision, proven.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// By cell.
    pub cells: Vec<CellStatus>,
    /// The release.
    pub release: Option<Release>,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// The conditions.
    pub conditions: Vec<Condition>,
}

/// A set as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetWrite {
    /// Its name.
    pub name: String,
    /// What it is.
    pub set_type: PodSetType,
    /// Its cell; [`super::ALL_CELLS`] without cells.
    pub cell: String,
    /// Its revision. One that is not the template's: only the number of an older ReplicaSet is changed.
    pub revision: String,
    /// Pods it keeps.
    pub replicas: u32,
    /// How many of them should run the revision.
    pub updated_target: u32,
    /// Group that is open.
    pub group: i32,
}

/// One change of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordWrite {
    /// Write the template down.
    Create {
        /// Its revision.
        revision: String,
        /// Its number.
        number: i64,
    },
    /// It is the newest again.
    Renumber {
        /// Name of the object.
        name: String,
        /// Its number.
        number: i64,
    },
    /// It is beyond the limit.
    Delete {
        /// Name of the object.
        name: String,
    },
}

/// A change of the CafeDeployment itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Write the annotation `upgrade-confirmed: "false"`: a person is waited for.
    AskByAnnotation,
    /// A person confirmed by annotation: write it down as typed, and take the annotation away.
    Consume(Confirmed),
    /// Nobody is waited for: take the annotation away.
    ForgetAnnotation,
    /// Put the template of this record back, and take the rollback annotation away.
    RollBack {
        /// Name of the record.
        record: String,
    },
    /// The rollback asks for what is there: take its annotation away.
    ForgetRollback,
}

/// What to do now.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// To be done first, and alone: the plan is asked for again afterwards.
    pub edit: Option<Edit>,
    /// History, before anything runs a revision.
    pub records: Vec<RecordWrite>,
    /// The status, before the sets: it is the log.
    pub status: Status,
    /// Sets as they should be; those that are not named are left alone.
    pub sets: Vec<SetWrite>,
    /// Sets that are empty and belong to no cell or revision any more.
    pub remove_sets: Vec<String>,
    /// Sets are stopped: what is in the middle of an update is finished.
    pub paused: bool,
    /// When to ask again although nothing happened.
    pub wake_at: Option<Timestamp>,
}
