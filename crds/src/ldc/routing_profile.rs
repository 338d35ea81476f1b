//! `RoutingProfile`: the UID space and how a user's UID is found in a request. One per hub, named `default`.

use kube::CustomResource;
use serde::{Deserialize, Serialize};

/// The UID space.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "ldc.cafefed.dev",
    version = "v1alpha1",
    kind = "RoutingProfile",
    derive = "PartialEq",
    category = "fed",
    doc = "The UID space of this hub.",
    printcolumn(name = "Size", type_ = "integer", json_path = ".spec.uidSpaceSize"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name == 'default'").message("there is one RoutingProfile; it is named default")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.uidSpaceSize == oldSelf.uidSpaceSize").message("the UID space cannot change once it is there"))]
pub struct RoutingProfileSpec {
    /// UIDs are `0..size`; 100 means the last two digits.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 1000000))]
    pub uid_space_size: u32,
}

impl Default for RoutingProfileSpec {
    fn default() -> Self {
        Self { uid_space_size: hundred() }
    }
}

fn hundred() -> u32 {
    100
}
