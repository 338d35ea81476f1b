//! `MemberCluster`: one Kubernetes cluster that pulls from this hub.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Wanted state of a member.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "federation.cafefed.dev",
    version = "v1alpha1",
    kind = "MemberCluster",
    plural = "memberclusters",
    status = "MemberClusterStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "mc",
    category = "fed",
    doc = "A Kubernetes cluster in one site whose agent pulls work from this hub.",
    printcolumn(name = "Site", type_ = "string", json_path = ".spec.site"),
    printcolumn(name = "Joined", type_ = "string", json_path = ".status.conditions[?(@.type==\"Joined\")].status"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Cells", type_ = "string", json_path = ".status.cellNames"),
    printcolumn(name = "Nodes", type_ = "integer", json_path = ".status.nodes"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.kubernetesVersion"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = "1"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 40").message("a cluster's name has at most 40 characters")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(oldSelf.clusterUID) || (has(self.clusterUID) && self.clusterUID == oldSelf.clusterUID)")
        .message("clusterUID is bound at the join; remove the member and join it again")
)]
pub struct MemberClusterSpec {
    /// The site it stands in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// uid of the member's kube-system namespace, bound at the join.
    #[serde(default, rename = "clusterUID", skip_serializing_if = "Option::is_none")]
    pub cluster_uid: Option<String>,
    /// Whether the agent's certificate may be signed.
    #[serde(default)]
    pub accept: bool,
    /// Keep applications away that do not tolerate them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// The agent writes no workload while this is true; it still reports.
    #[serde(default)]
    pub suspended: bool,
    /// How often the agent renews its Lease; Unknown after three missed ones.
    #[serde(default = "heartbeat")]
    #[schemars(range(min = 1, max = 300))]
    pub heartbeat_seconds: i32,
    /// What becomes of the objects in the member when it is removed.
    #[serde(default = "orphan")]
    pub on_remove: super::placement::DeletionPolicy,
}

/// As the schema defaults them: in particular, what runs in a member stays when it is removed.
impl Default for MemberClusterSpec {
    fn default() -> Self {
        Self {
            site: String::new(),
            cluster_uid: None,
            accept: false,
            taints: Vec::new(),
            suspended: false,
            heartbeat_seconds: heartbeat(),
            on_remove: orphan(),
        }
    }
}

/// Keeps applications away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Only `NoSchedule`: what runs there stays.
    #[serde(default)]
    pub effect: TaintEffect,
}

/// What a taint does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TaintEffect {
    /// Nothing new comes; what runs stays.
    #[default]
    NoSchedule,
}

/// Seen state of a member; written by its agent, but for the conditions, which the hub decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberClusterStatus {
    /// Version of the member's API server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
    /// Version of the agent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent_version: String,
    /// Number of nodes.
    #[serde(default)]
    pub nodes: i32,
    /// Cells found on its nodes, with room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellCapacity>,
    /// Names of the cells in one text, for the table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cell_names: String,
    /// Last heartbeat the hub has seen, RFC 3339; written when readiness changes, the Lease has the newest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_heartbeat: String,
    /// `Joined`, `Ready`, `Suspended`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<Condition>,
}

/// Room in one cell, as its nodes have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellCapacity {
    /// Value of the node label.
    pub name: String,
    /// Nodes that carry it and are ready.
    pub nodes: i32,
    /// Allocatable minus requests, by resource: `cpu`, `memory`, `pods`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub free: BTreeMap<String, String>,
    /// Allocatable, by resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub total: BTreeMap<String, String>,
}

fn heartbeat() -> i32 {
    5
}

fn orphan() -> super::placement::DeletionPolicy {
    super::placement::DeletionPolicy::Orphan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_that_of_the_schema() {
        let parsed: MemberClusterSpec = serde_json::from_str("{}").expect("every field has a default");
        assert_eq!(parsed, MemberClusterSpec::default());
        assert_eq!(parsed.on_remove, super::super::placement::DeletionPolicy::Orphan);
    }
}
