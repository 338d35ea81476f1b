//! kube's Controller as an applier loop: what it saw last is what it applied, over cuts and restarts.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e_clusters::hub::Hub;
use e2e_clusters::link::{Link, State};
use e2e_clusters::wait;
use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, Patch, PatchParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher::Config;
use kube::{Api, Client, ResourceExt};
use serde_json::json;

use crate::disturbance::{cut_at_random, kill_now_and_then};
use crate::writer::{LABEL, write};

const SEEN: &str = "test.dev/seen-round";

#[tokio::test(flavor = "multi_thread")]
async fn an_applier_brings_every_object_to_its_last_state() -> Result<()> {
    let mut hub = Hub::start("controller").await?;
    let link = Link::to(hub.address()).await?;
    let direct = hub.client().await?;
    let far = hub.client_through(&link).await?;
    let config = Config::default().labels(LABEL).timeout(5);
    let controller = Controller::new(Api::<ConfigMap>::default_namespaced(far.clone()), config);
    let running =
        controller.run(reconcile, |_, _, _| Action::requeue(Duration::from_millis(50)), Arc::new(far));
    let running = tokio::spawn(running.for_each(|_| std::future::ready(())));

    tokio::select! {
        never = cut_at_random(&link) => match never {},
        done = async { tokio::try_join!(write(&direct, 40), kill_now_and_then(&mut hub, 2)) } => { done?; }
    }
    link.set(State::Open);
    let maps: Api<ConfigMap> = Api::default_namespaced(direct);
    wait::until("every object to be applied", wait::LONG, async || {
        let listed = maps.list(&ListParams::default().labels(LABEL)).await?;
        ensure!(listed.items.len() == 20, "every second one is deleted: {}", listed.items.len());
        for map in listed.items {
            let seen = map.annotations().get(SEEN).map(String::as_str);
            ensure!(seen == Some("2"), "{} shows {seen:?}", map.name_any());
        }
        Ok(())
    })
    .await?;
    running.abort();
    hub.finish();
    Ok(())
}

/// Applies the round that it saw as an annotation, as a manager of its own.
async fn reconcile(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<Action, kube::Error> {
    let round = map.data.as_ref().and_then(|data| data.get("round")).cloned().unwrap_or_default();
    let maps: Api<ConfigMap> = Api::default_namespaced((*client).clone());
    let applied = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        // An object that went meanwhile must not come back: the uid says which one is meant.
        "metadata": {"name": map.name_any(), "uid": map.uid(), "annotations": {SEEN: round}},
    });
    let params = PatchParams::apply("applier").force();
    match maps.patch(&map.name_any(), &params, &Patch::Apply(applied)).await {
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(Action::await_change()),
        other => other.map(|_| Action::await_change()),
    }
}
