//! A hundred agents of real code in this process, over the smallest members there can be, and a hub process.
//!
//! What is measured is the federation's own part: the hub, the link, the agents' work. Members are our own API
//! server in memory without nodes, so applications have no pods there.

mod agents;
mod light_member;
mod restart;
mod spread;

use anyhow::Result;
use e2e_clusters::workdir::Workdir;

use crate::members::sizes;
use crate::report::{Figure, percentile};
use crate::rig::mirror::Mirror;
use crate::rig::programs::{HubProcess, resident_mib};
use crate::rig::world;

/// Joins `agents` members, spreads `applications` over them, restarts the hub.
pub async fn measure(agents: usize, applications: usize) -> Result<Vec<Figure>> {
    let mut workdir = Workdir::create("bench-fleet")?;
    let mut hub = HubProcess::start(workdir.path()).await?;
    let client = hub.client().await?;
    world::lay_out(&client, agents).await?;
    let (fleet, joined) = agents::Fleet::join(&hub, &client, agents).await?;
    let mut figures = vec![
        Figure::times(format!("join of {agents} agents, one after another"), "hub and agent", &joined),
        Figure::one(format!("resident memory, {agents} agents"), "hub", resident_mib(&hub.program)?, "MiB"),
    ];
    let workloads = Mirror::workloads(&fleet.members());
    figures.push(spread::measure(&client, &workloads, agents, applications).await?);
    let pairs = format!("{agents} agents × {applications} applications");
    figures.push(Figure::one(format!("resident memory, {pairs}"), "hub", resident_mib(&hub.program)?, "MiB"));
    let works = sizes(&client, "works").await?;
    let mean = works.iter().sum::<f64>() / works.len().max(1) as f64 / 1024.0;
    figures
        .push(Figure::one("stored per application × cluster (Work, mean)", "hub", mean, "KiB").aim("2 KiB"));
    let largest = percentile(&works, 1.0) / 1024.0;
    figures.push(Figure::one("stored per application × cluster (Work, largest)", "hub", largest, "KiB"));
    let file = hub.store_bytes()? as f64 / 1024.0 / works.len().max(1) as f64;
    figures.push(Figure::one("store file / pairs", "hub", file, "KiB"));
    figures.extend(restart::measure(&mut hub, &client, &workloads, agents).await?);
    drop(fleet);
    workdir.remove();
    Ok(figures)
}
