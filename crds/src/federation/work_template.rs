//! `WorkTemplate`: an immutable manifest named by the SHA-256 of its content; also the revision history.

use kube::CustomResource;
use serde::{Deserialize, Serialize};

use crate::schema::Manifest;

/// The manifest.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, kube::KubeSchema)]
#[kube(
    group = "federation.cafefed.dev",
    version = "v1alpha1",
    kind = "WorkTemplate",
    namespaced,
    derive = "PartialEq",
    derive = "Default",
    shortname = "wt",
    doc = "An immutable manifest, named by the SHA-256 of its content, that Works of many clusters refer to. Never holds a Secret.",
    printcolumn(name = "Kind", type_ = "string", json_path = ".spec.manifest.kind"),
    printcolumn(name = "Object", type_ = "string", json_path = ".spec.manifest.metadata.name"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("a template is immutable; its name is the digest of its content"))]
pub struct WorkTemplateSpec {
    /// The manifest, as it is applied before a cluster's difference.
    #[x_kube(validation = Rule::new("self.kind != 'Secret'").message("a Secret is never put into a template"))]
    pub manifest: Manifest,
}
