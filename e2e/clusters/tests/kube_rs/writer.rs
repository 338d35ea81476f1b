//! A writer of ConfigMaps that goes on over lost connections and remembers what was acknowledged.

use std::time::Duration;

use anyhow::{Result, bail};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt};
use serde_json::json;

/// The label of all that it writes.
pub(crate) const LABEL: &str = "written=yes";

/// An acknowledged write: name, and the version that the hub gave it.
pub(crate) type Acknowledged = (String, u64);

/// Creates, changes twice and (every second one) deletes `count` ConfigMaps. Returns the acknowledged writes that
/// have a version of their own; a delete has none.
pub(crate) async fn write(client: &Client, count: usize) -> Result<Vec<Acknowledged>> {
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let mut acknowledged = Vec::new();
    for number in 0..count {
        let name = format!("written-{number}");
        let map: ConfigMap = serde_json::from_value(
            json!({"metadata": {"name": name, "labels": {"written": "yes"}}, "data": {"round": "0"}}),
        )?;
        acknowledged.extend(until_done(async || maps.create(&PostParams::default(), &map).await).await?);
        for round in 1..3 {
            let patch = Patch::Merge(json!({"data": {"round": round.to_string()}}));
            let params = PatchParams::default();
            acknowledged.extend(until_done(async || maps.patch(&name, &params, &patch).await).await?);
        }
        if number % 2 == 1 {
            until_gone(&maps, &name).await?;
        }
    }
    Ok(acknowledged)
}

/// Repeats a write that may or may not have happened. `None` when it had: then its version is not known.
async fn until_done(
    mut attempt: impl AsyncFnMut() -> kube::Result<ConfigMap>,
) -> Result<Option<Acknowledged>> {
    let mut lost = false;
    loop {
        match attempt().await {
            // A repeated patch that changed nothing shows the version of the one before, which happened.
            Ok(written) => {
                let version = written.resource_version().unwrap_or_default().parse()?;
                return Ok(Some((written.name_any(), version)));
            }
            Err(kube::Error::Api(status)) if status.code == 409 && lost => return Ok(None),
            Err(kube::Error::Api(status)) if (400..500).contains(&status.code) && status.code != 429 => {
                bail!("{status}")
            }
            Err(_) => lost = true,
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

async fn until_gone(maps: &Api<ConfigMap>, name: &str) -> Result<()> {
    loop {
        match maps.delete(name, &DeleteParams::default()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(30)).await,
        }
    }
}
