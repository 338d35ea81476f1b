//! `CafeDeployment`: pods over the cells of one cluster, released in groups (02 §3).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector, Time};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::PodTemplate;

/// Wanted state of a CafeDeployment.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "apps.cafefed.dev",
    version = "v1alpha1",
    kind = "CafeDeployment",
    namespaced,
    status = "CafeDeploymentStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "cafed",
    category = "all",
    category = "fed",
    doc = "Pods spread over the cells of one cluster and released in groups: one beta pod per cell, then batches, with a confirmation between them where wanted.",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".spec.replicas"),
    printcolumn(name = "Updated", type_ = "integer", json_path = ".status.updatedReplicas"),
    printcolumn(name = "Ready", type_ = "integer", json_path = ".status.readyReplicas"),
    printcolumn(name = "Available", type_ = "integer", json_path = ".status.availableReplicas"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.release.phase"),
    printcolumn(name = "Group", type_ = "string", json_path = ".status.release.progress"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 52").message("a name of more than 52 characters leaves no room for the names of pods")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.topology) || !has(self.topology.unitReplicas) || self.topology.unitReplicas.all(k, k in self.topology.values)")
        .message("topology.unitReplicas names a cell that is not in topology.values")
)]
pub struct CafeDeploymentSpec {
    /// Pods in all cells together. Left out when somebody else scales (an HPA through `scale`); then 1.
    #[serde(default = "one")]
    #[schemars(range(min = 0))]
    pub replicas: i32,
    /// Which pods belong to it; must match the labels of the template and cannot change.
    #[x_kube(validation = Rule::new("self == oldSelf").message("selector is immutable"))]
    pub selector: LabelSelector,
    /// The pods. A change of it starts a release.
    pub template: PodTemplate,
    /// What holds the pods of one cell.
    #[serde(default)]
    pub pod_set_type: PodSetType,
    /// How a change of the template goes out.
    #[serde(default)]
    pub strategy: Strategy,
    /// Over which cells the pods are spread.
    #[serde(default)]
    pub topology: Topology,
    /// Old revisions kept for a rollback.
    #[serde(default = "history_limit")]
    #[schemars(range(min = 1, max = 1000))]
    pub history_limit: i32,
    /// Without progress for so many seconds, `Progressing` is False with `ProgressDeadlineExceeded`.
    #[serde(default = "progress_deadline")]
    #[schemars(range(min = 1))]
    pub progress_deadline_seconds: i32,
}

/// What holds the pods of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PodSetType {
    /// An InPlaceSet: pods keep name, node and IP where only images, labels or annotations change.
    #[default]
    InPlaceSet,
    /// A ReplicaSet per revision: the group is surged, then the old pods go.
    ReplicaSet,
}

/// How a change of the template goes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Strategy {
    /// `Beta`: group 0 is one pod in each cell; `Batch`: batches from the start.
    #[serde(default)]
    pub upgrade_type: UpgradeType,
    /// Pods per group; left out: all at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub batch_size: Option<i32>,
    /// Whether a person must confirm each group but the last before the next one starts.
    #[serde(default)]
    pub need_waiting_for_confirm: bool,
    /// Whether scaling asks for confirmations too.
    #[serde(default)]
    pub confirm_scaling: bool,
    /// A pod counts as available when it was ready for so long.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub min_ready_seconds: i32,
    /// Stops all progress; a pod in the middle of an update is finished first.
    #[serde(default)]
    pub pause: bool,
    /// When a pod may be updated in place.
    #[serde(default)]
    pub pod_upgrade_policy: PodUpgradePolicy,
    /// The last group that was confirmed, and of which release. Written once per group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmed>,
}

impl Default for Strategy {
    fn default() -> Self {
        Self {
            upgrade_type: UpgradeType::Beta,
            batch_size: None,
            need_waiting_for_confirm: false,
            confirm_scaling: false,
            min_ready_seconds: 0,
            pause: false,
            pod_upgrade_policy: PodUpgradePolicy::InPlaceIfPossible,
            confirmed: None,
        }
    }
}

/// Whether a release begins with one pod per cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UpgradeType {
    /// Group 0 is one pod in each cell that has a pod to update.
    #[default]
    Beta,
    /// No group 0.
    Batch,
}

/// When a pod may be updated in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PodUpgradePolicy {
    /// In place where only images, labels or annotations differ, else the pod is made anew.
    #[default]
    InPlaceIfPossible,
    /// In place, or the release is refused.
    InPlaceOnly,
    /// Always made anew.
    Recreate,
}

/// A confirmation: bound to a release and a group, never to a hash that can come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Confirmed {
    /// `status.releaseSeq` of the release that is meant.
    pub release_seq: i64,
    /// The finished group; the next one may start.
    pub group: i32,
}

/// Over which cells the pods are spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Topology {
    /// `Cell` and `Zone` spread over `values`; `None` is one set without node affinity.
    #[serde(default)]
    pub unit_type: UnitType,
    /// Node label whose value is the cell's name.
    #[serde(default = "cell_label")]
    pub node_label: String,
    /// The cells, in order: a remainder goes to earlier ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), inner(length(max = 63)))]
    pub values: Vec<String>,
    /// Cells whose number a person pinned: an integer, or a percentage of `replicas` (rounded down).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::int_or_percent_map")]
    pub unit_replicas: BTreeMap<String, IntOrString>,
    /// Shares that a hub gave: soft, auto-reschedule may move them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assigned: BTreeMap<String, i32>,
    /// Changes to the pod template for some cells only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<CellOverride>,
    /// Whether a cell without room gives its place to others.
    #[serde(default)]
    pub auto_reschedule: AutoReschedule,
}

/// JSON patches on the pod template for some cells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellOverride {
    /// Values of the node label it is for.
    pub values: Vec<String>,
    /// Operations on `spec.template`, in order.
    pub patches: Vec<JsonPatchOperation>,
}

/// One operation of RFC 6902.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonPatchOperation {
    /// What to do.
    pub op: PatchOp,
    /// JSON pointer of the target.
    pub path: String,
    /// JSON pointer of the source of `move` and `copy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value of `add`, `replace` and `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::any")]
    pub value: Option<serde_json::Value>,
}

/// The six operations of RFC 6902.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PatchOp {
    /// Insert or replace.
    Add,
    /// Take away.
    Remove,
    /// Replace what is there.
    #[default]
    Replace,
    /// Take from one place and put into another.
    Move,
    /// Put into another place too.
    Copy,
    /// Fail unless the value is there.
    Test,
}

/// Kind of the topology.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UnitType {
    /// Cells of units.
    #[default]
    Cell,
    /// Zones; behaves as `Cell` and is there for manifests of the original product.
    Zone,
    /// No spreading: one set for the whole cluster.
    None,
}

/// Whether a cell without room gives its place to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutoReschedule {
    /// Off by default.
    #[serde(default)]
    pub enable: bool,
    /// A pod must be Pending for lack of room for so long.
    #[serde(default = "reschedule_delay")]
    #[schemars(range(min = 1))]
    pub initial_delay_seconds: i32,
}

impl Default for AutoReschedule {
    fn default() -> Self {
        Self { enable: false, initial_delay_seconds: reschedule_delay() }
    }
}

/// Seen state of a CafeDeployment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CafeDeploymentStatus {
    /// The generation this status speaks of.
    #[serde(default)]
    pub observed_generation: i64,
    /// Revision that all pods ran when the last release ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub current_revision: String,
    /// Revision of the template.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub updated_revision: String,
    /// Counts releases; a confirmation is bound to it.
    #[serde(default)]
    pub release_seq: i64,
    /// Pods that exist and are not on their way out.
    #[serde(default)]
    pub replicas: i32,
    /// Pods that run the updated revision, proven.
    #[serde(default)]
    pub updated_replicas: i32,
    /// Pods that are ready.
    #[serde(default)]
    pub ready_replicas: i32,
    /// Pods that are ready for `minReadySeconds`.
    #[serde(default)]
    pub available_replicas: i32,
    /// The selector as text, for `scale`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// The same by cell, in the order of `topology.values`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellStatus>,
    /// The release that runs or ran last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseStatus>,
    /// The first problems by pod, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<PodProblem>,
    /// `Progressing`, `Available`, `Paused`, `Invalid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<Condition>,
}

/// Counts of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellStatus {
    /// Value of the node label.
    pub name: String,
    /// Pods it should have.
    pub desired: i32,
    /// Pods it has.
    #[serde(default)]
    pub replicas: i32,
    /// Pods that run the updated revision, proven.
    #[serde(default)]
    pub updated: i32,
    /// Pods that are ready.
    #[serde(default)]
    pub ready: i32,
    /// Pods that are available.
    #[serde(default)]
    pub available: i32,
    /// Why it is not as it should be, with numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Where a release is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStatus {
    /// `Releasing`, `WaitingForConfirm`, `Paused`, `Succeeded`, `Scaling`, `Failed`.
    pub phase: String,
    /// `Rollout` (the first one), `Update`, `Cancel` (back to the revision before it was released), `Scale`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// When pods moved last, or the release began: what the progress deadline counts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_progress_time: Option<Time>,
    /// The group that runs or waits. With `Beta`, groups count from 0; with `Batch`, from 1.
    pub group: i32,
    /// The last group of the plan.
    pub last_group: i32,
    /// Whether the pods of `group` all run the revision and are available.
    #[serde(default)]
    pub group_done: bool,
    /// Planned pods of every group by cell, in the order of `topology.values`; kept from the release's start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<BTreeMap<String, i32>>,
    /// Whether a person is waited for.
    #[serde(default)]
    pub waiting_for_confirm: bool,
    /// `GROUP/LAST` for the table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub progress: String,
    /// What is waited for, with numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub waiting_for: String,
}

/// One pod that keeps the others waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodProblem {
    /// Name of the pod.
    pub pod: String,
    /// What is wrong, for example `ImagePullBackOff: shop: registry.example/shop:bad`.
    pub reason: String,
}

fn one() -> i32 {
    1
}

fn history_limit() -> i32 {
    20
}

fn progress_deadline() -> i32 {
    600
}

fn cell_label() -> String {
    crate::names::CELL_LABEL.to_owned()
}

fn reschedule_delay() -> i32 {
    10
}
