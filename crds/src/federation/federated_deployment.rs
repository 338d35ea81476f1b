//! `FederatedDeployment`: one application over the cells of many clusters.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::placement::{Conflict, DeletionPolicy, Override, Placement};
use crate::apps::{AutoReschedule, CafeDeploymentSpec, PodSetType, Strategy, Topology};
use crate::schema::PodTemplate;

/// Wanted state of an application.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "federation.cafefed.dev",
    version = "v1alpha1",
    kind = "FederatedDeployment",
    namespaced,
    status = "FederatedDeploymentStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "fdeploy",
    category = "fed",
    category = "all",
    doc = "One application over the cells of many member clusters: where it goes, how many in each cell, what differs there, and how a change is released.",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".status.desiredReplicas"),
    printcolumn(name = "Updated", type_ = "integer", json_path = ".status.updatedReplicas"),
    printcolumn(name = "Ready", type_ = "integer", json_path = ".status.readyReplicas"),
    printcolumn(name = "Available", type_ = "integer", json_path = ".status.availableReplicas"),
    printcolumn(name = "Clusters", type_ = "string", json_path = ".status.clustersReady"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.release.phase"),
    printcolumn(name = "Waiting-For", type_ = "string", json_path = ".status.release.waitingFor", priority = "1"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 52").message("a name of more than 52 characters leaves no room for the names of pods")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("(has(self.placement.units) && self.placement.units.size() > 0) || has(self.placement.cells) || has(self.placement.clusters)")
        .message("placement is empty: name units, or select cells or clusters")
)]
pub struct FederatedDeploymentSpec {
    /// Replicas in all cells together, or in each cell with `division.type: Duplicated`.
    #[serde(default = "one")]
    #[schemars(range(min = 0))]
    pub replicas: i32,
    /// `Hub`: the number above counts. `Member`: an autoscaler in each member scales, the hub leaves `replicas` alone.
    #[serde(default)]
    pub replicas_owner: ReplicasOwner,
    /// The CafeDeployment that each member cluster gets, without replicas and topology.
    pub template: CafeTemplate,
    /// Where it goes and how many.
    pub placement: Placement,
    /// Whether a cell without room gives its place to other cells of the same cluster.
    #[serde(default)]
    pub auto_reschedule: AutoReschedule,
    /// What differs in some places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Objects of the same namespace on the hub that go along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// How a change goes over the clusters.
    #[serde(default)]
    pub rollout: Rollout,
    /// Without progress for so many seconds, `Progressing` is False with `ProgressDeadlineExceeded`.
    #[serde(default = "progress_deadline")]
    #[schemars(range(min = 1))]
    pub progress_deadline_seconds: i32,
    /// What to do about an object of that name in a member that the federation did not make.
    #[serde(default)]
    pub conflict: Conflict,
    /// What becomes of the objects in the members when this one is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// Old revisions kept for a rollback.
    #[serde(default = "history_limit")]
    #[schemars(range(min = 1, max = 1000))]
    pub revision_history_limit: i32,
}

/// Who decides the number of replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReplicasOwner {
    /// The hub divides `replicas`.
    #[default]
    Hub,
    /// Somebody in the member, for example an HPA.
    Member,
}

/// A CafeDeployment's metadata and spec without replicas and topology.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CafeTemplate {
    /// Labels and annotations of the CafeDeployment.
    #[serde(default)]
    pub metadata: TemplateMetadata,
    /// The spec.
    pub spec: CafeTemplateSpec,
}

/// Labels and annotations of a rendered object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateMetadata {
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A CafeDeployment's spec without replicas and topology; the fields mean the same as there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CafeTemplateSpec {
    /// Which pods belong to it; must match the labels of the template and cannot change.
    pub selector: LabelSelector,
    /// The pods. A change of it starts a release.
    pub template: PodTemplate,
    /// What holds the pods of one cell.
    #[serde(default)]
    pub pod_set_type: PodSetType,
    /// How a change of the template goes out in each cluster; `confirmed` is the hub's own and ignored here.
    #[serde(default)]
    pub strategy: Strategy,
    /// Old revisions kept in each cluster.
    #[serde(default = "history_limit")]
    #[schemars(range(min = 1, max = 1000))]
    pub history_limit: i32,
}

impl CafeTemplateSpec {
    /// The whole spec for one cluster.
    pub fn with(
        self,
        replicas: i32,
        topology: Topology,
        progress_deadline_seconds: i32,
    ) -> CafeDeploymentSpec {
        CafeDeploymentSpec {
            replicas,
            selector: self.selector,
            template: self.template,
            pod_set_type: self.pod_set_type,
            strategy: self.strategy,
            topology,
            history_limit: self.history_limit,
            progress_deadline_seconds,
        }
    }
}

/// An object of the same namespace on the hub that goes along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// `ConfigMap`, `Secret`, `Service`, `ServiceAccount` or `PersistentVolumeClaim`.
    pub kind: DependencyKind,
    /// Its name.
    pub name: String,
    /// Whether a change of its content is a new revision of the application.
    #[serde(default)]
    pub roll_on_change: bool,
}

/// Kinds that can go along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum DependencyKind {
    /// `v1 ConfigMap`.
    #[default]
    ConfigMap,
    /// `v1 Secret`; never put into a template, copied into the cluster's own namespace on the hub.
    Secret,
    /// `v1 ServiceAccount`.
    ServiceAccount,
}

/// How a change goes over the clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Opens no further group; pods in the middle of an update are finished.
    #[serde(default)]
    pub paused: bool,
}

/// Seen state of an application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FederatedDeploymentStatus {
    /// The generation this status speaks of.
    #[serde(default)]
    pub observed_generation: i64,
    /// Revision that everything ran when the last release ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub current_revision: String,
    /// Revision of the template.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub updated_revision: String,
    /// Revisions that can be rolled back to, newest last: digests of WorkTemplates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<RevisionRecord>,
    /// Counts releases; a confirmation is bound to it.
    #[serde(default)]
    pub release_seq: i64,
    /// Replicas that all cells together should have.
    #[serde(default)]
    pub desired_replicas: i32,
    /// Replicas that exist.
    #[serde(default)]
    pub replicas: i32,
    /// Replicas that run the updated revision.
    #[serde(default)]
    pub updated_replicas: i32,
    /// Replicas that are ready.
    #[serde(default)]
    pub ready_replicas: i32,
    /// Replicas that are available.
    #[serde(default)]
    pub available_replicas: i32,
    /// `READY/ALL` clusters, for the table; a cluster that is behind or unknown is not ready.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub clusters_ready: String,
    /// The selector as text, for `scale`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// By cell, in the order of names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<FederatedCellStatus>,
    /// By cluster, in the order of names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<FederatedClusterStatus>,
    /// The release that runs or ran last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<FederatedReleaseStatus>,
    /// The first problems, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// `Scheduled`, `Applied`, `Progressing`, `Available`, `Paused`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<Condition>,
}

/// One revision that can be rolled back to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionRecord {
    /// Name of the WorkTemplate (its digest).
    pub template: String,
    /// Short revision as pods carry it.
    pub revision: String,
    /// Release that brought it.
    pub release_seq: i64,
    /// When, RFC 3339.
    pub at: String,
    /// `metadata.annotations["kubernetes.io/change-cause"]` of that time, if any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
}

/// One cell of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FederatedCellStatus {
    /// Name of the DeployUnit.
    pub name: String,
    /// Its member cluster.
    pub cluster: String,
    /// Revision its pods run, when they all run the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Replicas it should have.
    pub desired: i32,
    /// Replicas that run the updated revision.
    #[serde(default)]
    pub updated: i32,
    /// Replicas that are ready.
    #[serde(default)]
    pub ready: i32,
    /// Replicas that are available.
    #[serde(default)]
    pub available: i32,
    /// Why it is not as it should be, with numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// One member cluster of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FederatedClusterStatus {
    /// Name of the MemberCluster.
    pub name: String,
    /// `True`, `False`, or `Unknown` while the cluster is cut off.
    pub applied: String,
    /// Generation of the Work that the cluster has seen.
    #[serde(default)]
    pub observed_generation: i64,
    /// What is wrong, or since when nothing is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Where the release is, over all clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FederatedReleaseStatus {
    /// `Pending`, `Releasing`, `Scaling`, `WaitingForConfirm`, `Paused`, `CatchingUp`, `Succeeded`, `Failed`.
    pub phase: String,
    /// The open group. With `Beta`, groups count from 0; with `Batch`, from 1.
    pub group: i32,
    /// The last group of the cluster that has most of them.
    pub last_group: i32,
    /// What is waited for, for whom and since when, with numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub waiting_for: String,
    /// When this release began, RFC 3339.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub started_at: String,
    /// When something last moved, RFC 3339; the progress deadline counts from here.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub progressed_at: String,
    /// Why it was made: `FirstRollout`, `TemplateChange`, `GoingBack` (cancelled in the middle) or `Scaling`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// Digest of the division it was planned for; another one is a change of scale.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shape: String,
    /// Most replicas seen at the revision in this release; the progress deadline counts from when this rose.
    #[serde(default)]
    pub most_updated: i32,
    /// Most replicas seen available in this release, counted likewise.
    #[serde(default)]
    pub most_available: i32,
}

/// A pod that keeps the others waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Member cluster.
    pub cluster: String,
    /// Pod.
    pub pod: String,
    /// What is wrong.
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
