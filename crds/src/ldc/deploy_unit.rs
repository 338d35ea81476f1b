//! `DeployUnit`: a cell, one side of a logical unit in one member cluster.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cell of the home map.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "ldc.cafefed.dev",
    version = "v1alpha1",
    kind = "DeployUnit",
    status = "DeployUnitStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "cell",
    category = "fed",
    doc = "A cell: one side of a logical unit, in one member cluster, on the nodes whose label has its name.",
    selectable = ".spec.unit",
    selectable = ".spec.cluster",
    printcolumn(name = "Unit", type_ = "string", json_path = ".spec.unit"),
    printcolumn(name = "Side", type_ = "string", json_path = ".spec.side"),
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.cluster"),
    printcolumn(name = "Weight", type_ = "integer", json_path = ".spec.weight"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(name = "Nodes", type_ = "integer", json_path = ".status.nodes"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        priority = "1"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.unit == oldSelf.unit && self.side == oldSelf.side").message("unit and side of a cell cannot change")
)]
pub struct DeployUnitSpec {
    /// Its logical unit.
    #[schemars(length(min = 1))]
    pub unit: String,
    /// Its side.
    pub side: Side,
    /// Its member cluster.
    #[schemars(length(min = 1))]
    pub cluster: String,
    /// Value of the node label; left out: the name in upper case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_label_value: Option<String>,
    /// Declared share of the unit's traffic, 0..100; the cells of a unit that owns UIDs total 100.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub weight: i32,
}

impl DeployUnit {
    /// What the cell's nodes carry under the node label.
    pub fn node_label_value(&self) -> String {
        match &self.spec.node_label_value {
            Some(value) => value.clone(),
            None => self.metadata.name.as_deref().unwrap_or_default().to_ascii_uppercase(),
        }
    }
}

/// Side of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Side {
    /// A.
    #[default]
    A,
    /// B.
    B,
}

/// Seen state of a cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeployUnitStatus {
    /// The generation this status speaks of.
    #[serde(default)]
    pub observed_generation: i64,
    /// Ready nodes that carry its label.
    #[serde(default)]
    pub nodes: i32,
    /// `Ready`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition>,
}
