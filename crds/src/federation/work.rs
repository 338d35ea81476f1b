//! `Work`: what one cluster must hold for one source object. Kept small: an application × cluster costs the
//! hub's store at most 2 KiB, so that its parts are atomic for server-side apply and empty fields are left out.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::placement::{Conflict, DeletionPolicy};
use crate::apps::{CellOverride, CellStatus, JsonPatchOperation, PodProblem};

/// What this cluster must hold.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "federation.cafefed.dev",
    version = "v1alpha1",
    kind = "Work",
    plural = "works",
    namespaced,
    status = "WorkStatus",
    derive = "PartialEq",
    derive = "Default",
    category = "fed",
    doc = "What one member cluster must hold for one source object; written by the hub, read and reported on by that cluster's agent.",
    printcolumn(name = "Template", type_ = "string", json_path = ".spec.templateRef", priority = "1"),
    printcolumn(name = "Open-Group", type_ = "integer", json_path = ".spec.openGroup"),
    printcolumn(
        name = "Applied",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Applied\")].status"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Applied\")].message",
        priority = "1"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct WorkSpec {
    /// Name (digest) of the WorkTemplate of the main object.
    pub template_ref: String,
    /// What this cluster changes in it.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-map-type" = "atomic"))]
    pub difference: Difference,
    /// What goes along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Carried>,
    /// What was in this Work and must go. Only what stands here is deleted from the member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prune: Vec<ObjectRef>,
    /// What becomes of the objects when this Work is deleted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deletion_policy: DeletionPolicy,
    /// What to do about an object of that name that the federation did not make.
    #[serde(default, skip_serializing_if = "is_default")]
    pub conflict: Conflict,
    /// Release of the source that this belongs to.
    #[serde(default)]
    pub release_seq: i64,
    /// The highest group that may run; with `Beta`, groups count from 0; with `Batch`, from 1.
    #[serde(default)]
    pub open_group: i32,
    /// No further pod is updated; one in the middle of it is finished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

/// What one cluster changes in a template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Replicas in this cluster; left out: the member's own autoscaler decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Share of each cell, by value of the node label.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cells: BTreeMap<String, i32>,
    /// JSON patches on the whole manifest, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<JsonPatchOperation>,
    /// JSON patches on the pod template of some cells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cell_overrides: Vec<CellOverride>,
}

/// One object that goes along: a template by digest, or a Secret of this cluster's namespace on the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Carried {
    /// Name (digest) of a WorkTemplate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_ref: Option<String>,
    /// Name of a Secret in the same namespace as the Work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<String>,
}

/// An object in the member.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// For example `v1` or `apps.cafefed.dev/v1alpha1`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for cluster scope.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// What the agent saw; written by the agent alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct WorkStatus {
    /// Generation of the Work that is applied.
    #[serde(default)]
    pub observed_generation: i64,
    /// `Applied`; False names the object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The CafeDeployment, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-map-type" = "atomic"))]
    pub workload: Option<WorkloadSummary>,
    /// Fed-back fields of another kind: its `status`, cut off at 1 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::any")]
    pub feedback: Option<serde_json::Value>,
}

/// A CafeDeployment's status, as far as the hub decides on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadSummary {
    /// Whether the CafeDeployment's status speaks of the spec that was applied last.
    #[serde(default)]
    pub current: bool,
    /// Release that its status speaks of.
    #[serde(default)]
    pub release_seq: i64,
    /// Revision of its template.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Phase of its release.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// The group that runs or waits.
    #[serde(default)]
    pub group: i32,
    /// The last group of its plan.
    #[serde(default)]
    pub last_group: i32,
    /// Whether `group` is finished.
    #[serde(default)]
    pub group_done: bool,
    /// Counts by cell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellStatus>,
    /// The first problems by pod, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<PodProblem>,
    /// Why the CafeDeployment is refused, if it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub invalid: String,
}

/// The hub and an agent each own a whole part, and what has its default is not stored.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
