//! The objects, of about 1 KB each: a built-in kind and a custom one.

use serde_json::{Value, json};

use crate::rig::application;

/// Which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `v1 ConfigMap`.
    ConfigMap,
    /// `FederatedDeployment`, a custom kind with a structural schema, defaults and CEL rules.
    Custom,
}

impl Kind {
    /// The collection.
    pub fn path(self) -> &'static str {
        match self {
            Self::ConfigMap => "/api/v1/namespaces/default/configmaps",
            Self::Custom => "/apis/federation.cafefed.dev/v1alpha1/namespaces/default/federateddeployments",
        }
    }

    /// As figures name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Custom => "custom resource",
        }
    }

    /// The body of the object of this number.
    pub fn body(self, number: usize) -> Vec<u8> {
        let name = format!("object-{number:06}");
        let object = match self {
            Self::ConfigMap => config_map("default", &name, 0),
            Self::Custom => application::manifest(&name, 3, 3, &format!("registry.example/{name}:v1")),
        };
        object.to_string().into_bytes()
    }
}

/// A ConfigMap of 1 KB.
pub(super) fn config_map(namespace: &str, name: &str, revision: usize) -> Value {
    let data: serde_json::Map<String, Value> = (0..8)
        .map(|line| (format!("setting-{line}"), format!("{name} {revision:06} {}", "x".repeat(80)).into()))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "data": data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_have_about_one_kilobyte() {
        for kind in [Kind::ConfigMap, Kind::Custom] {
            let bytes = kind.body(7).len();
            assert!((900..1250).contains(&bytes), "{kind:?}: {bytes}");
        }
    }
}
