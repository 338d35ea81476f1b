//! `InPlaceSet`: the pods of one cell; keeps their number and moves some of them to the new revision.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cafe_deployment::{PodProblem, PodUpgradePolicy};
use crate::schema::PodTemplate;

/// Wanted state of an InPlaceSet.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "apps.cafefed.dev",
    version = "v1alpha1",
    kind = "InPlaceSet",
    namespaced,
    status = "InPlaceSetStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "ips",
    category = "all",
    category = "fed",
    doc = "The pods of one cell. Made by a CafeDeployment; keeps the number of pods and moves updatedTarget of them to the revision of its template, in place where that is possible.",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Cell", type_ = "string", json_path = ".spec.cell"),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".spec.replicas"),
    printcolumn(name = "Target", type_ = "integer", json_path = ".spec.updatedTarget"),
    printcolumn(name = "Updated", type_ = "integer", json_path = ".status.updatedReplicas"),
    printcolumn(name = "Available", type_ = "integer", json_path = ".status.availableReplicas"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct InPlaceSetSpec {
    /// Pods it keeps.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub replicas: i32,
    /// How many of them should run the template's revision; the others stay on `status.currentRevision`.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub updated_target: i32,
    /// Name of the template's revision, as pods are labelled with; empty: a hash of the template.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Revision of pods that are made and should not be updated yet; empty: the template's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub current_revision: String,
    /// Which pods are its own.
    pub selector: LabelSelector,
    /// The pods.
    pub template: PodTemplate,
    /// Value of the node label; empty: any node.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cell: String,
    /// Node label whose value is the cell's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node_label: String,
    /// A pod counts as available when it was ready for so long.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub min_ready_seconds: i32,
    /// When a pod may be updated in place.
    #[serde(default)]
    pub pod_upgrade_policy: PodUpgradePolicy,
    /// Group of the release that pods made or updated now are labelled with.
    #[serde(default)]
    pub group: i32,
    /// Stops updates; a pod in the middle of one is finished first.
    #[serde(default)]
    pub paused: bool,
}

/// Seen state of an InPlaceSet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InPlaceSetStatus {
    /// The generation this status speaks of.
    #[serde(default)]
    pub observed_generation: i64,
    /// Revision of pods that are not updated yet.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub current_revision: String,
    /// Revision of the template.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub updated_revision: String,
    /// Pods that exist and are not on their way out.
    #[serde(default)]
    pub replicas: i32,
    /// Pods that run the updated revision, proven.
    #[serde(default)]
    pub updated_replicas: i32,
    /// Pods that are ready.
    #[serde(default)]
    pub ready_replicas: i32,
    /// Pods that are available.
    #[serde(default)]
    pub available_replicas: i32,
    /// Pods that run the updated revision and are available.
    #[serde(default)]
    pub updated_available_replicas: i32,
    /// The selector as text, for `scale`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// The first problems by pod, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<PodProblem>,
    /// `Ready`, `Invalid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<Condition>,
}
