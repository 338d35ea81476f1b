//! ConfigMaps and Secrets that go along with an application.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Client;
use kube::api::Api;
use serde_json::json;

use super::application::Application;
use super::manifests::{self, NAMESPACE};
use crate::world::World;

const MEMBERS: [&str; 2] = ["hz-a", "hz-b"];

/// They are there before the pods, follow changes on the hub, and go with the application.
pub(super) async fn are_carried_and_follow(world: &mut dyn World) -> Result<()> {
    let hub = world.hub();
    apply(&hub, "hello", "s3cret").await?;
    let app = Application::new(&hub, "carried", &["rz00"], 2).set(
        "/dependencies",
        json!([{"kind": "ConfigMap", "name": "carried-settings"}, {"kind": "Secret", "name": "carried-key"}]),
    );
    app.roll_out().await?;
    for member in MEMBERS {
        has(&world.member(member), "hello", "s3cret").await.with_context(|| format!("in {member}"))?;
    }
    apply(&hub, "good day", "n3w").await?;
    for member in MEMBERS {
        has(&world.member(member), "good day", "n3w").await.with_context(|| format!("in {member}"))?;
    }
    app.delete().await?;
    for member in MEMBERS {
        manifests::gone(&manifests::of::<ConfigMap>(&world.member(member)), "carried-settings").await?;
        manifests::gone(&manifests::of::<Secret>(&world.member(member)), "carried-key").await?;
    }
    ensure!(
        manifests::of::<ConfigMap>(&hub).get_opt("carried-settings").await?.is_some(),
        "the hub's own is gone"
    );
    Ok(())
}

async fn apply(hub: &Client, greeting: &str, key: &str) -> Result<()> {
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"greeting": greeting},
        "metadata": {"name": "carried-settings", "namespace": NAMESPACE},
    });
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "stringData": {"key": key},
        "metadata": {"name": "carried-key", "namespace": NAMESPACE},
    });
    manifests::apply(hub, &map).await?;
    manifests::apply(hub, &secret).await.map(|_| ())
}

async fn has(member: &Client, greeting: &str, key: &str) -> Result<()> {
    let maps: Api<ConfigMap> = manifests::of(member);
    manifests::until(&maps, "carried-settings", "the ConfigMap to say so", |map| {
        let wanted = BTreeMap::from([("greeting".to_owned(), greeting.to_owned())]);
        ensure!(map.data == Some(wanted), "{:?}", map.data);
        Ok(())
    })
    .await?;
    let secrets: Api<Secret> = manifests::of(member);
    manifests::until(&secrets, "carried-key", "the Secret to say so", |secret| {
        let data = secret.data.clone().unwrap_or_default();
        ensure!(data.get("key").is_some_and(|value| value.0 == key.as_bytes()), "{data:?}");
        Ok(())
    })
    .await
}
