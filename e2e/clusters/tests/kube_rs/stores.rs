//! kube's watcher with a reflector, by lists and by streaming lists: disturbed at random, its store ends up as what
//! the hub has.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use e2e_clusters::hub::Hub;
use e2e_clusters::link::{Link, State};
use e2e_clusters::wait;
use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::ListParams;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::Config;
use kube::runtime::{WatchStreamExt, reflector, watcher as watch};
use kube::{Api, ResourceExt};

use crate::disturbance::{cut_at_random, kill_now_and_then};
use crate::writer::{LABEL, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_by_lists() -> Result<()> {
    converges("store-by-lists", Config::default().page_size(7)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_by_streaming_lists() -> Result<()> {
    converges("store-by-streams", Config::default().streaming_lists()).await
}

async fn converges(name: &str, config: Config) -> Result<()> {
    let mut hub = Hub::start(name).await?;
    let link = Link::to(hub.address()).await?;
    let direct = hub.client().await?;
    let maps: Api<ConfigMap> = Api::default_namespaced(hub.client_through(&link).await?);
    let (store, writer) = reflector::store::<ConfigMap>();
    let stream = watch(maps, config.labels(LABEL).timeout(5))
        .backoff(ShortBackoff)
        .reflect(writer)
        .for_each(|_| std::future::ready(()));
    let watching = tokio::spawn(stream);

    tokio::select! {
        never = cut_at_random(&link) => match never {},
        done = async { tokio::try_join!(write(&direct, 60), kill_now_and_then(&mut hub, 2)) } => { done?; }
    }
    link.set(State::Open);
    store.wait_until_ready().await?;
    let truth: Api<ConfigMap> = Api::default_namespaced(direct);
    wait::until("the store to be what the hub has", wait::LONG, async || {
        let listed = truth.list(&ListParams::default().labels(LABEL)).await?;
        let version = |map: &ConfigMap| (map.name_any(), map.resource_version());
        let expected: BTreeMap<_, _> = listed.items.iter().map(version).collect();
        let held: BTreeMap<_, _> = store.state().iter().map(|map| version(map)).collect();
        ensure!(expected.len() == 30, "every second one is deleted: {}", expected.len());
        ensure!(held == expected, "held {held:?}\nexpected {expected:?}");
        Ok(())
    })
    .await?;
    watching.abort();
    hub.finish();
    Ok(())
}

/// Tries again soon: the default of kube grows to minutes.
struct ShortBackoff;

impl Iterator for ShortBackoff {
    type Item = std::time::Duration;

    fn next(&mut self) -> Option<Self::Item> {
        Some(std::time::Duration::from_millis(50))
    }
}

impl Backoff for ShortBackoff {
    fn reset(&mut self) {}
}
