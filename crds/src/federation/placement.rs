//! Where something goes and what differs there: shared by FederatedDeployment and FederatedResource.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apps::JsonPatchOperation;

/// Which cells (and so which clusters); everything that is given must hold, and something must be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// Logical units by name; units that name one of them as `templateUnit` are included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// Cells (DeployUnits) by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<LabelSelector>,
    /// Member clusters by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<LabelSelector>,
    /// Taints of member clusters that do not matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// How many replicas each cell gets.
    #[serde(default)]
    pub division: Division,
}

/// A taint that does not keep this away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Toleration {
    /// Key of the taint; empty tolerates every taint.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Value of the taint; left out: any value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// How many replicas each cell gets (02 §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Division {
    /// `Duplicated`: `replicas` in every cell. `Weighted`: `replicas` in all cells together.
    #[serde(default, rename = "type")]
    pub type_: DivisionType,
    /// Where weights come from.
    #[serde(default)]
    pub by: DivisionBy,
    /// Weights by cell, for `Static`; a cell that is not named weighs 0, no weights at all weigh 1 each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, u32>,
    /// Replicas every chosen cell gets at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub min: Option<i32>,
    /// Replicas a cell gets at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub max: Option<i32>,
    /// Present replicas stay where they may (default).
    #[serde(default = "yes")]
    pub avoid_disruption: bool,
}

/// As the schema defaults them: what is there stays where it may.
impl Default for Division {
    fn default() -> Self {
        Self {
            type_: DivisionType::default(),
            by: DivisionBy::default(),
            weights: BTreeMap::new(),
            min: None,
            max: None,
            avoid_disruption: yes(),
        }
    }
}

/// Whether `replicas` is per cell or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DivisionType {
    /// The same number in every chosen cell.
    Duplicated,
    /// The total is divided by weights.
    #[default]
    Weighted,
}

/// Where weights come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DivisionBy {
    /// `weights`.
    #[default]
    Static,
    /// Share of users of the unit × weight of the cell, from the rule set in force.
    Traffic,
    /// What the agents report as free.
    Capacity,
}

/// What differs in some places. All selectors that are given must hold; one must be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// Cells by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<String>,
    /// Member clusters by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    /// Logical units by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// Sites by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// RFC 6902 operations on the manifest, in order. With `cells` or `units`, only below `/spec/template`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<JsonPatchOperation>,
    /// Another registry or tag for every image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<ImageOverride>,
}

/// Another registry or tag for every image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageOverride {
    /// Registry host, with port if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// Tag; a digest of the image is dropped then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// What to do when a member holds an object of that name that the federation did not make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Conflict {
    /// Leave it alone and say so.
    #[default]
    Abort,
    /// Take it over.
    Adopt,
}

/// What becomes of the objects in the members when the source is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// They are deleted.
    #[default]
    Delete,
    /// They stay and are forgotten.
    Orphan,
}

fn yes() -> bool {
    true
}
