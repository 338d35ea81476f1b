//! `Site`: a data centre in a city.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A data centre.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "ldc.cafefed.dev",
    version = "v1alpha1",
    kind = "Site",
    derive = "PartialEq",
    derive = "Default",
    category = "fed",
    doc = "A data centre in a city.",
    printcolumn(name = "City", type_ = "string", json_path = ".spec.city"),
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.role"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct SiteSpec {
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The city it is in.
    #[schemars(length(min = 1))]
    pub city: String,
    /// `Base`, or `Elastic` for one that comes and goes.
    #[serde(default)]
    pub role: SiteRole,
}

/// Role of a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SiteRole {
    /// Always there.
    #[default]
    Base,
    /// Comes and goes.
    Elastic,
}
