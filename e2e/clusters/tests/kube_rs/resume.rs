//! A watch that is cut and resumed sees what an undisturbed one sees: every event once, in the same order.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e_clusters::hub::Hub;
use e2e_clusters::link::Link;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, Client, ResourceExt};

use crate::disturbance::{cut_at_random, kill_now_and_then};
use crate::writer::{LABEL, write};

/// One event: its type, the object's name, its version.
type Seen = (char, String, u64);

const COUNT: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_cut_loses_and_repeats_nothing() -> Result<()> {
    let mut hub = Hub::start("resume").await?;
    let link = Link::to(hub.address()).await?;
    let direct = hub.client().await?;
    let far = hub.client_through(&link).await?;
    let start = version_now(&direct).await?;

    let watching = tokio::spawn(follow(far, start));
    let writing = write(&direct, COUNT);
    let acknowledged = tokio::select! {
        never = cut_at_random(&link) => match never {},
        // The watch is disturbed as long as there is something to see.
        done = async { tokio::try_join!(writing, kill_now_and_then(&mut hub, 3)) } => done?.0,
    };
    link.set(e2e_clusters::link::State::Open);
    let seen = watching.await??;

    let truth = follow(direct, start).await?;
    ensure!(seen == truth, "{}", difference(&seen, &truth));
    ensure!(truth.windows(2).all(|pair| pair[0].2 < pair[1].2), "versions grow");
    for (name, version) in &acknowledged {
        let there = truth.iter().any(|(_, n, v)| n == name && v == version);
        ensure!(there, "{name} was acknowledged at {version} and has no event");
    }
    ensure!(acknowledged.len() > COUNT, "only {} writes were acknowledged", acknowledged.len());
    hub.finish();
    Ok(())
}

async fn version_now(client: &Client) -> Result<u64> {
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let list = maps.list(&ListParams::default().limit(1)).await?;
    Ok(list.metadata.resource_version.context("a list has a version")?.parse()?)
}

/// Watches from `version` on, resuming after every break, until the last delete of the writer was seen.
async fn follow(client: Client, mut version: u64) -> Result<Vec<Seen>> {
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    let params = WatchParams::default().labels(LABEL).timeout(20);
    let last = ('D', format!("written-{}", COUNT - 1));
    let mut seen: Vec<Seen> = Vec::new();
    let end = std::time::Instant::now() + e2e_clusters::wait::LONG;
    loop {
        ensure!(std::time::Instant::now() < end, "the last event did not come; seen {}", seen.len());
        // A half-open connection says nothing: an attempt that takes long is given up.
        let opened =
            tokio::time::timeout(Duration::from_secs(2), maps.watch(&params, &version.to_string())).await;
        let Ok(Ok(stream)) = opened else { continue };
        let mut stream = stream.boxed();
        while let Ok(Ok(Some(event))) = tokio::time::timeout(Duration::from_secs(3), stream.try_next()).await
        {
            let (kind, object) = match event {
                WatchEvent::Added(object) => ('A', object),
                WatchEvent::Modified(object) => ('M', object),
                WatchEvent::Deleted(object) => ('D', object),
                WatchEvent::Bookmark(bookmark) => {
                    version = bookmark.metadata.resource_version.parse()?;
                    continue;
                }
                WatchEvent::Error(status) => anyhow::bail!("the watch from {version} ended with {status}"),
            };
            version = object.resource_version().context("a version")?.parse()?;
            seen.push((kind, object.name_any(), version));
            if (kind, object.name_any()) == last {
                return Ok(seen);
            }
        }
    }
}

fn difference(seen: &[Seen], truth: &[Seen]) -> String {
    let at = seen.iter().zip(truth).position(|(a, b)| a != b).unwrap_or(seen.len().min(truth.len()));
    format!(
        "{} events of {}; they part at {at}: saw {:?}, there was {:?}",
        seen.len(),
        truth.len(),
        seen.get(at),
        truth.get(at)
    )
}
