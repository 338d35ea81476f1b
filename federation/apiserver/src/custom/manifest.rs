//! The parts of a CustomResourceDefinition that we read.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct Crd {
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
}

#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Spec {
    pub(super) group: String,
    pub(super) scope: String,
    pub(super) names: Names,
    pub(super) versions: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Names {
    pub(super) plural: String,
    #[serde(default)]
    singular: Option<String>,
    pub(super) kind: String,
    #[serde(default)]
    list_kind: Option<String>,
    #[serde(default)]
    pub(super) short_names: Vec<String>,
    #[serde(default)]
    pub(super) categories: Vec<String>,
}

impl Names {
    /// The singular, by default the kind in lower case.
    pub(super) fn singular(&self) -> String {
        self.singular.clone().filter(|s| !s.is_empty()).unwrap_or_else(|| self.kind.to_lowercase())
    }

    /// The kind of the list, by default the kind with `List`.
    pub(super) fn list_kind(&self) -> String {
        self.list_kind.clone().filter(|s| !s.is_empty()).unwrap_or_else(|| format!("{}List", self.kind))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    pub(super) name: String,
    pub(super) served: bool,
    pub(super) storage: bool,
    pub(super) schema: Validation,
    #[serde(default)]
    pub(super) subresources: Option<Subresources>,
    #[serde(default)]
    pub(super) additional_printer_columns: Vec<PrinterColumn>,
    #[serde(default)]
    pub(super) selectable_fields: Vec<SelectableField>,
}

#[derive(Deserialize)]
pub(super) struct Validation {
    #[serde(rename = "openAPIV3Schema")]
    pub(super) open_api_v3_schema: Value,
}

#[derive(Deserialize)]
pub(super) struct Subresources {
    pub(super) status: Option<Value>,
    pub(super) scale: Option<Scale>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scale {
    pub(super) spec_replicas_path: String,
    pub(super) status_replicas_path: String,
    #[serde(default)]
    pub(super) label_selector_path: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrinterColumn {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) json_path: String,
    #[serde(default)]
    pub(super) format: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) priority: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SelectableField {
    pub(super) json_path: String,
}
