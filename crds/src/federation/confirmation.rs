//! `Confirmation`: a person's word that one group of one release may go on.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is confirmed.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "federation.cafefed.dev",
    version = "v1alpha1",
    kind = "Confirmation",
    namespaced,
    status = "ConfirmationStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "ok",
    category = "fed",
    doc = "A person's word that one group of one release may go on. Written once; the server stamps author and time.",
    printcolumn(name = "Target", type_ = "string", json_path = ".spec.target.name"),
    printcolumn(name = "Release", type_ = "integer", json_path = ".spec.releaseSeq"),
    printcolumn(name = "Group", type_ = "integer", json_path = ".spec.group"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.author"),
    printcolumn(name = "Consumed", type_ = "string", json_path = ".status.consumedAt"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("a confirmation is written once; make another one"))]
pub struct ConfirmationSpec {
    /// The object that waits.
    pub target: ConfirmationTarget,
    /// `status.releaseSeq` of the release that is meant.
    #[schemars(range(min = 1))]
    pub release_seq: i64,
    /// The finished group; the next one may start.
    #[schemars(range(min = 0))]
    pub group: i32,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who; stamped by the server, whatever the writer says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
}

/// The object that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmationTarget {
    /// Its kind.
    pub kind: ConfirmationKind,
    /// Its name, in the namespace of the Confirmation.
    pub name: String,
}

/// Kinds that can wait for a confirmation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConfirmationKind {
    /// A release of a FederatedDeployment.
    #[default]
    FederatedDeployment,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmationStatus {
    /// When it was used, RFC 3339.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consumed_at: String,
    /// By which step, for example `release 3: group 1 opened`, or why it counts for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}
