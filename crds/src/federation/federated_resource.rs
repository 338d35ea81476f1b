//! `FederatedResource`: any other manifest, in every chosen cluster.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::federated_deployment::FederatedClusterStatus;
use super::placement::{Conflict, DeletionPolicy, Override, Placement};
use crate::schema::Manifest;

/// Wanted state.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "federation.cafefed.dev",
    version = "v1alpha1",
    kind = "FederatedResource",
    namespaced,
    status = "FederatedResourceStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "fres",
    category = "fed",
    doc = "Any manifest, applied in every member cluster that the placement chooses.",
    printcolumn(name = "Kind", type_ = "string", json_path = ".spec.template.kind"),
    printcolumn(name = "Clusters", type_ = "string", json_path = ".status.clustersReady"),
    printcolumn(
        name = "Applied",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Applied\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("(has(self.placement.units) && self.placement.units.size() > 0) || has(self.placement.cells) || has(self.placement.clusters)")
        .message("placement is empty: name units, or select cells or clusters")
)]
pub struct FederatedResourceSpec {
    /// The manifest. Its namespace is that of the FederatedResource where its kind has one.
    pub template: Manifest,
    /// Where it goes; `division` has no meaning here.
    pub placement: Placement,
    /// What differs in some places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// What to do about an object of that name in a member that the federation did not make.
    #[serde(default)]
    pub conflict: Conflict,
    /// What becomes of the objects in the members when this one is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
}

/// Seen state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FederatedResourceStatus {
    /// The generation this status speaks of.
    #[serde(default)]
    pub observed_generation: i64,
    /// `READY/ALL` clusters, for the table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub clusters_ready: String,
    /// By cluster, in the order of names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<FederatedClusterStatus>,
    /// `Scheduled`, `Applied`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<Condition>,
}
