//! What hub and agents cost: memory, processor time at rest, bytes in the store.

use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use super::stage::Stage;
use super::{CLUSTERS, burst};
use crate::report::{Figure, percentile};
use crate::rig::programs::{processor_time, resident_mib};
use crate::rig::{application, mirror};

/// Pods of each application in each cluster: with 100 applications, 500 pods.
const PODS: i32 = 5;
/// The time at rest over which processor time is counted.
const REST: Duration = Duration::from_secs(60);

/// Memory before there is any application but the first.
pub(super) fn empty(stage: &Stage) -> Result<Vec<Figure>> {
    Ok(vec![
        Figure::one("resident memory, 1 application", "hub", resident_mib(&stage.hub.program)?, "MiB"),
        Figure::one("resident memory, 1 application", "agent", agents_mib(stage)?, "MiB"),
    ])
}

/// Memory, rest and store with the applications of the burst, each scaled to 5 pods in every cell.
pub(super) async fn full(stage: &mut Stage) -> Result<Vec<Figure>> {
    let replicas = i64::from(PODS) * CLUSTERS as i64;
    for number in 0..burst::APPLICATIONS {
        let patch = json!({"spec": {"replicas": PODS}});
        application::change(&stage.client, &burst::name(number), &patch).await?;
    }
    let all = |objects: &mirror::Objects| {
        let up = |n| objects.get(&(0, burst::name(n))).is_some_and(|a| mirror::available(a, replicas));
        (0..burst::APPLICATIONS).all(up)
    };
    stage.applications.until("500 pods in each member", Duration::from_secs(400), all).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let hub = resident_mib(&stage.hub.program)?;
    let agent = agents_mib(stage)?;
    let (hub_rest, agent_rest) = rest(stage).await?;
    let stored = store_bytes(stage).await?;
    let restarted = restarted_agent_mib(stage).await?;
    let mut figures = vec![
        Figure::one("resident memory, 127 applications, 1,500 pods", "hub", hub, "MiB").aim("40 MiB"),
        Figure::one("resident memory, 127 applications, 500 pods", "agent", agent, "MiB").aim("15 MiB"),
        Figure::one("resident memory after a restart, 127 applications, 500 pods", "agent", restarted, "MiB")
            .aim("15 MiB"),
        Figure::one("processor at rest, 60 s", "hub", hub_rest, "% of a core"),
        Figure::one("processor at rest, 60 s", "agent", agent_rest, "% of a core").aim("0.3 %"),
    ];
    figures.extend(stored);
    Ok(figures)
}

/// The agent that uses most.
fn agents_mib(stage: &Stage) -> Result<f64> {
    let used = stage.agents.iter().map(resident_mib).collect::<Result<Vec<f64>>>()?;
    Ok(percentile(&used, 1.0))
}

/// An agent that starts finds all pods at once, in a list.
async fn restarted_agent_mib(stage: &mut Stage) -> Result<f64> {
    let agent = &mut stage.agents[0];
    agent.kill9()?;
    agent.start_again().await?;
    tokio::time::sleep(Duration::from_secs(20)).await;
    resident_mib(agent)
}

/// Processor time of the hub and of the busiest agent at rest, in percent of a core.
async fn rest(stage: &Stage) -> Result<(f64, f64)> {
    let programs: Vec<_> = std::iter::once(&stage.hub.program).chain(&stage.agents).collect();
    let before = programs.iter().map(|p| processor_time(p)).collect::<Result<Vec<_>>>()?;
    tokio::time::sleep(REST).await;
    let mut shares = Vec::new();
    for (program, before) in programs.iter().zip(before) {
        let used = processor_time(program)? - before;
        shares.push(used.as_secs_f64() / REST.as_secs_f64() * 100.0);
    }
    Ok((shares[0], percentile(&shares[1..], 1.0)))
}

/// Bytes that an application × cluster costs in the store: its Work as it is stored.
async fn store_bytes(stage: &Stage) -> Result<Vec<Figure>> {
    let works = sizes(&stage.client, "works").await?;
    let applications = sizes(&stage.client, "federateddeployments").await?;
    let templates = sizes(&stage.client, "worktemplates").await?;
    let mean = |sizes: &[f64]| sizes.iter().sum::<f64>() / sizes.len().max(1) as f64 / 1024.0;
    let file = stage.hub.store_bytes()? as f64 / (1024.0 * 1024.0);
    Ok(vec![
        Figure::one("stored per application × cluster (Work, mean)", "hub", mean(&works), "KiB").aim("2 KiB"),
        Figure::one(
            "stored per application × cluster (Work, largest)",
            "hub",
            percentile(&works, 1.0) / 1024.0,
            "KiB",
        )
        .aim("2 KiB"),
        Figure::one("stored per application (FederatedDeployment, mean)", "hub", mean(&applications), "KiB"),
        Figure::one("stored per WorkTemplate (mean)", "hub", mean(&templates), "KiB"),
        Figure::one("store file", "hub", file, "MiB"),
    ])
}

/// Sizes of all objects of a plural of the federation's group, as the server sends them, which is how it stores
/// them.
pub async fn sizes(hub: &Client, plural: &str) -> Result<Vec<f64>> {
    let path = format!("/apis/federation.cafefed.dev/v1alpha1/{plural}");
    let answer = hub.send(http::Request::get(path).body(Body::empty())?).await?;
    let body = answer.into_body().collect().await.context("read a list")?.to_bytes();
    let list: Value = serde_json::from_slice(&body)?;
    let items = list["items"].as_array().context("a list without items")?;
    items.iter().map(|item| Ok(serde_json::to_vec(item)?.len() as f64)).collect()
}
