//! `kill -9` of the hub under a hundred agents, and the time until all of them are in sync again.

use std::time::{Duration, Instant};

use anyhow::Result;
use e2e_clusters::wait;
use kube::Client;

use super::spread;
use crate::report::Figure;
use crate::rig::application;
use crate::rig::mirror::Mirror;
use crate::rig::programs::{HubProcess, resident_mib};

/// How often.
const ROUNDS: u32 = 5;

/// From the kill until all agents have applied a change that was made on the new hub at once.
pub(super) async fn measure(
    hub: &mut HubProcess,
    client: &Client,
    workloads: &Mirror,
    agents: usize,
) -> Result<Vec<Figure>> {
    let (mut served, mut synced) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let start = Instant::now();
        hub.program.kill9()?;
        hub.program.start_again().await?;
        served.push(start.elapsed());
        let name = spread::name(0);
        let image = format!("registry.example/payments/{name}:v{}", 100 + round);
        let patch = application::image_patch(&image);
        wait::until("a write on the new hub", wait::LONG, async || {
            application::change(client, &name, &patch).await
        })
        .await?;
        synced.push(spread::present(workloads, agents, &name, &image).await? - start);
    }
    let memory = resident_mib(&hub.program)?;
    Ok(vec![
        Figure::times("kill -9 of the hub → serves again", "hub", &served),
        Figure::times(format!("kill -9 of the hub → all {agents} agents in sync"), "hub and agents", &synced),
        Figure::one("resident memory after the restarts", "hub", memory, "MiB"),
    ])
}
