//! `LogicalUnit`: a zone of the home map.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A logical unit. What stands here is the home map; what is in force is the RuleSet `current`.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "ldc.cafefed.dev",
    version = "v1alpha1",
    kind = "LogicalUnit",
    status = "LogicalUnitStatus",
    derive = "PartialEq",
    derive = "Default",
    shortname = "unit",
    category = "fed",
    doc = "A logical unit of the home map: an RZone serves users by UID, a GZone has one writer for all, a CZone is a city's read-mostly copy.",
    printcolumn(name = "Type", type_ = "string", json_path = ".spec.type"),
    printcolumn(name = "Home-UIDs", type_ = "string", json_path = ".spec.baseUIDs"),
    printcolumn(name = "UIDs", type_ = "string", json_path = ".status.effectiveUIDs"),
    printcolumn(name = "Share", type_ = "string", json_path = ".status.share"),
    printcolumn(name = "DR-State", type_ = "string", json_path = ".status.drState"),
    printcolumn(name = "Cells", type_ = "string", json_path = ".status.cellNames"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.type == 'RZone' || !(has(self.baseUIDs) || has(self.sameCity) || has(self.crossCity) || has(self.failClosedAfter))").message("baseUIDs, sameCity, crossCity and failClosedAfter are fields of an RZone"),
    validation = Rule::new("self.type == 'GZone' || !has(self.writer)").message("writer is a field of a GZone"),
    validation = Rule::new("self.type != 'GZone' || has(self.writer)").message("a GZone names its writer cell"),
    validation = Rule::new("self.type == 'CZone' || !(has(self.city) || has(self.group))").message("city and group are fields of a CZone"),
    validation = Rule::new("self.type != 'CZone' || (has(self.city) && has(self.group))").message("a CZone names its city and its group"),
    validation = Rule::new("self.type == oldSelf.type").message("the type of a unit cannot change"),
    validation = Rule::new("!has(self.sameCity) || !has(self.crossCity) || self.sameCity != self.crossCity").message("sameCity and crossCity must differ")
)]
pub struct LogicalUnitSpec {
    /// `RZone`, `GZone` or `CZone`.
    #[serde(rename = "type")]
    pub type_: UnitType,
    /// RZone: UIDs that are at home here, `"00-15,20-49"`; empty or left out: none.
    #[serde(default, rename = "baseUIDs", skip_serializing_if = "Option::is_none")]
    pub base_uids: Option<String>,
    /// RZone: the unit of the same city that takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_city: Option<String>,
    /// RZone: the unit of another city that takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_city: Option<String>,
    /// RZone: with the hub away for so long, writes of this unit stop (`5s`, `2m`); left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[1-9][0-9]{0,5}(s|m|h)$"))]
    pub fail_closed_after: Option<String>,
    /// GZone: the cell that writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<String>,
    /// CZone: its city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// CZone: its group; one unit per city and group is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Placing that unit includes this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_unit: Option<String>,
}

/// Type of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UnitType {
    /// Users by UID, self-contained.
    #[default]
    RZone,
    /// One writer for all, global data.
    GZone,
    /// One per city, read-mostly copy of global data.
    CZone,
}

/// Seen state of a unit, from the rule set in force.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogicalUnitStatus {
    /// The generation this status speaks of.
    #[serde(default)]
    pub observed_generation: i64,
    /// UIDs that it serves by the rules in force.
    #[serde(default, rename = "effectiveUIDs", skip_serializing_if = "String::is_empty")]
    pub effective_uids: String,
    /// Share of all users, as `50%`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub share: String,
    /// `Normal`, `SameCity` or `CrossCity`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dr_state: String,
    /// Its cells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<String>,
    /// Its cells in one text with weights, for the table: `rz00a:50 rz00b:50`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cell_names: String,
    /// Epoch of the rule set this was read from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// `HomeDiffers`, `Valid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition>,
}
