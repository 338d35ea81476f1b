//! Applications as a bank has them: a container with some variables, probes and limits; about 1 KB of manifest.

use anyhow::{Context, Result};
use crds::federation::FederatedDeployment;
use kube::Client;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::world;

/// Namespace of all applications.
pub const NAMESPACE: &str = "default";

/// The manifest of an application with `replicas` in the cell of each of `clusters` clusters.
pub fn manifest(name: &str, clusters: usize, replicas: i32, image: &str) -> Value {
    let units: Vec<String> = (0..clusters).map(world::unit).collect();
    let env: Vec<Value> = ["REGION", "LOG_LEVEL", "DATABASE_URL", "CACHE_URL"]
        .map(|key| json!({"name": key, "value": format!("{}.{name}.example:5432/settings", key.to_lowercase())}))
        .into();
    json!({
        "apiVersion": "federation.cafefed.dev/v1alpha1",
        "kind": "FederatedDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name, "team": "payments"}},
        "spec": {
            "replicas": replicas,
            "placement": {"units": units, "division": {"type": "Duplicated"}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {
                "podSetType": "InPlaceSet",
                "selector": {"matchLabels": {"app": name}},
                "strategy": {"upgradeType": "Batch", "batchSize": 100, "needWaitingForConfirm": false},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{
                        "name": "main", "image": image, "env": env,
                        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
                    }]},
                },
            }},
        },
    })
}

/// Puts it on the hub.
pub async fn create(hub: &Client, manifest: &Value) -> Result<()> {
    let object: FederatedDeployment =
        serde_json::from_value(manifest.clone()).context("the manifest is wrong")?;
    let api: Api<FederatedDeployment> = Api::namespaced(hub.clone(), NAMESPACE);
    api.create(&PostParams::default(), &object).await.context("create an application")?;
    Ok(())
}

/// Changes it on the hub by a merge patch.
pub async fn change(hub: &Client, name: &str, patch: &Value) -> Result<()> {
    let api: Api<FederatedDeployment> = Api::namespaced(hub.clone(), NAMESPACE);
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.context("change an application")?;
    Ok(())
}

/// The patch that gives an application another image.
pub fn image_patch(image: &str) -> Value {
    let containers = json!([{"name": "main", "image": image}]);
    json!({"spec": {"template": {"spec": {"template": {"spec": {"containers": containers}}}}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_has_about_one_kilobyte() {
        let bytes =
            serde_json::to_vec(&manifest("app-001", 3, 1, "registry.example/app-001:v1")).unwrap().len();
        assert!((950..1250).contains(&bytes), "{bytes}");
    }
}
