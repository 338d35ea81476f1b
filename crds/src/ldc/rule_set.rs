//! `RuleSet`: the routing truth at one epoch. `current` is in force; the others are its history.

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rules of one epoch.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "ldc.cafefed.dev",
    version = "v1alpha1",
    kind = "RuleSet",
    derive = "PartialEq",
    derive = "Default",
    shortname = "rules",
    category = "fed",
    doc = "The routing truth at one epoch: the one named current is in force, replaced under its resourceVersion; the others are its history.",
    printcolumn(name = "Epoch", type_ = "string", json_path = ".spec.epoch.text"),
    printcolumn(name = "Parent", type_ = "string", json_path = ".spec.parent.text"),
    printcolumn(name = "Digest", type_ = "string", json_path = ".spec.digest"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.committedBy"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.epoch.generation > oldSelf.epoch.generation || (self.epoch.generation == oldSelf.epoch.generation && self.epoch.counter > oldSelf.epoch.counter) || self == oldSelf").message("an epoch only moves forward")
)]
pub struct RuleSetSpec {
    /// This epoch.
    pub epoch: EpochRef,
    /// The epoch it was made from; left out for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<EpochRef>,
    /// UIDs are `0..size`.
    pub uid_space_size: u32,
    /// Base owners: UIDs by R unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub base: BTreeMap<String, String>,
    /// Loans and takeovers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OwnerOverride>,
    /// Declared weights: by unit, by cell.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, BTreeMap<String, u32>>,
    /// Writer cell by G unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writers: BTreeMap<String, String>,
    /// Active C unit by city, by group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<String, BTreeMap<String, String>>,
    /// Lease length in seconds by unit, where one fails closed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fail_closed_after_seconds: BTreeMap<String, u32>,
    /// SHA-256 of the canonical JSON (RFC 8785) of all fields above, in hex.
    pub digest: String,
    /// Who committed it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub committed_by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// (generation, counter).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EpochRef {
    /// Rises when the hub's store is restored or moved.
    pub generation: u64,
    /// Rises by one at each commit.
    pub counter: u64,
    /// `GENERATION.COUNTER`, for the table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// UIDs that another unit than their base owner serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerOverride {
    /// `Elastic` or `Takeover`.
    pub kind: OverrideKind,
    /// Base owner.
    pub from: String,
    /// Owner now.
    pub to: String,
    /// Which UIDs.
    pub uids: String,
    /// Elastic: when they should be back, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_by: Option<String>,
}

/// Why another unit serves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OverrideKind {
    /// Lent, with a date of return.
    #[default]
    Elastic,
    /// Taken over in an emergency.
    Takeover,
}
