//! The garbage collector on a real server.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{ConfigMap, Event};
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::world::{World, eventually};

/// A config map owned by others, each `(name, uid, blocks)`.
async fn make(client: &Client, name: &str, owners: &[(&str, &str, bool)]) -> Result<String> {
    let owners: Vec<_> = owners
        .iter()
        .map(|(name, uid, blocks)| {
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid, "blockOwnerDeletion": blocks })
        })
        .collect();
    let map = json!({ "metadata": { "name": name, "ownerReferences": owners } });
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let made = api.create(&PostParams::default(), &serde_json::from_value(map)?).await?;
    made.metadata.uid.context("has a uid")
}

async fn gone(client: &Client, name: &str) -> Result<()> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    eventually(&format!("{name} is gone"), || async { Ok(api.get_opt(name).await?.is_none().then_some(())) })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn dependents_follow_their_owner_in_every_way() -> Result<()> {
    let world = World::start().await?;
    let client = world.admin().await?;
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), "default");

    // Background: a chain goes from the top.
    let a = make(&client, "a", &[]).await?;
    let b = make(&client, "b", &[("a", &a, false)]).await?;
    make(&client, "c", &[("b", &b, false)]).await?;
    api.delete("a", &DeleteParams::background()).await?;
    gone(&client, "c").await?;
    gone(&client, "b").await?;

    // Foreground: the owner stays while something that blocks it is held.
    let d = make(&client, "d", &[]).await?;
    make(&client, "e", &[("d", &d, true)]).await?;
    let hold = Patch::Merge(json!({ "metadata": { "finalizers": ["example.com/hold"] } }));
    api.patch("e", &PatchParams::default(), &hold).await?;
    api.delete("d", &DeleteParams::foreground()).await?;
    eventually("e is being deleted", || async {
        Ok(api.get("e").await?.metadata.deletion_timestamp.map(|_| ()))
    })
    .await?;
    assert_eq!(api.get("d").await?.metadata.finalizers, Some(vec!["foregroundDeletion".to_owned()]));
    let release = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    api.patch("e", &PatchParams::default(), &release).await?;
    gone(&client, "d").await?;

    // Orphan: the dependent stays and forgets its owner.
    let f = make(&client, "f", &[]).await?;
    make(&client, "g", &[("f", &f, true)]).await?;
    api.delete("f", &DeleteParams::orphan()).await?;
    gone(&client, "f").await?;
    assert_eq!(api.get("g").await?.metadata.owner_references.unwrap_or_default(), []);

    // An owner that never was; and one of two owners that goes.
    make(&client, "h", &[("nobody", "00000000-0000-0000-0000-000000000000", false)]).await?;
    gone(&client, "h").await?;
    let (i, j) = (make(&client, "i", &[]).await?, make(&client, "j", &[]).await?);
    make(&client, "k", &[("i", &i, false), ("j", &j, false)]).await?;
    api.delete("i", &DeleteParams::background()).await?;
    gone(&client, "i").await?;
    api.delete("j", &DeleteParams::background()).await?;
    gone(&client, "k").await?;
    world.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespaced_owner_of_a_cluster_object_is_told_and_deletes_nothing() -> Result<()> {
    use k8s_openapi::api::rbac::v1::ClusterRole;
    let world = World::start().await?;
    let client = world.admin().await?;
    let uid = make(&client, "a", &[]).await?;
    let owner = json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": format!("{uid}x") });
    let role = json!({ "metadata": { "name": "owned", "ownerReferences": [owner] } });
    let roles: Api<ClusterRole> = Api::all(client.clone());
    roles.create(&PostParams::default(), &serde_json::from_value(role)?).await?;
    let events: Api<Event> = Api::namespaced(client.clone(), "default");
    eventually("a warning", || async {
        let list = events.list(&ListParams::default()).await?;
        Ok(list.items.into_iter().find(|e| e.reason.as_deref() == Some("OwnerRefInvalidNamespace")))
    })
    .await?;
    assert!(roles.get_opt("owned").await?.is_some());
    world.end().await;
    Ok(())
}
