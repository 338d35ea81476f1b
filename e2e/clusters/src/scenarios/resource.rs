//! Any other manifest, by FederatedResource.

use anyhow::{Result, ensure};
use crds::federation::FederatedResource;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use kube::Client;
use kube::api::Api;
use serde_json::{Value, json};

use super::manifests::{self, NAMESPACE};
use crate::world::World;

async fn apply(hub: &Client, name: &str, template: Value, overrides: Value) -> Result<()> {
    let manifest = json!({
        "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "FederatedResource",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"template": template, "placement": {"units": ["rz00"]}, "overrides": overrides},
    });
    manifests::apply(hub, &manifest).await?;
    let api = manifests::of::<FederatedResource>(hub);
    manifests::until(&api, name, &format!("FederatedResource {name} to be applied"), |found| {
        let status = found.status.clone().unwrap_or_default();
        ensure!(Some(status.observed_generation) == found.metadata.generation, "not observed");
        let applied = status.conditions.iter().any(|c| c.type_ == "Applied" && c.status == "True");
        ensure!(applied && status.clusters_ready == "2/2", "{status:?}");
        Ok(())
    })
    .await
}

/// A Service and a ConfigMap in the clusters of a unit; one differs; both go when they are deleted.
pub(super) async fn any_manifest_in_every_cluster(world: &mut dyn World) -> Result<()> {
    let hub = world.hub();
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "any-service"},
        "spec": {"selector": {"app": "any"}, "ports": [{"port": 80}]},
    });
    apply(&hub, "any-service", service, json!([])).await?;
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "any-map"}, "data": {"where": "anywhere"},
    });
    let near = json!([{"clusters": ["hz-b"], "patches": [{"op": "replace", "path": "/data/where", "value": "near"}]}]);
    apply(&hub, "any-map", map, near).await?;
    for (member, place) in [("hz-a", "anywhere"), ("hz-b", "near")] {
        let client = world.member(member);
        let found = manifests::of::<ConfigMap>(&client).get("any-map").await?;
        let said = found.data.unwrap_or_default().get("where").cloned();
        ensure!(said.as_deref() == Some(place), "{member}: {said:?}");
        manifests::of::<Service>(&client).get("any-service").await?;
    }
    let absent = manifests::of::<ConfigMap>(&world.member("sh-a")).get_opt("any-map").await?;
    ensure!(absent.is_none(), "it is in a cluster that was not chosen");
    for name in ["any-service", "any-map"] {
        let api = manifests::of::<FederatedResource>(&hub);
        manifests::delete(&api, name).await?;
        manifests::gone(&api, name).await?;
    }
    for member in ["hz-a", "hz-b"] {
        manifests::gone(&manifests::of::<ConfigMap>(&world.member(member)), "any-map").await?;
        manifests::gone(&manifests::of::<Service>(&world.member(member)), "any-service").await?;
        let namespaces: Api<Namespace> = Api::all(world.member(member));
        ensure!(namespaces.get_opt(NAMESPACE).await?.is_some(), "the namespace was deleted in {member}");
    }
    Ok(())
}
