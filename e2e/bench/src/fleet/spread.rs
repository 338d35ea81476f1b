//! From the apply on the hub until the last of all agents has applied, one application at a time.

use std::time::Instant;

use anyhow::Result;
use e2e_clusters::wait;
use kube::Client;

use crate::report::Figure;
use crate::rig::application;
use crate::rig::mirror::{self, Mirror};

/// Name of an application of the fleet.
pub(super) fn name(number: usize) -> String {
    format!("fleet-{number:03}")
}

/// Applies them and waits for the last agent each time.
pub(super) async fn measure(
    hub: &Client,
    workloads: &Mirror,
    agents: usize,
    applications: usize,
) -> Result<Figure> {
    let mut times = Vec::new();
    for number in 0..applications {
        let name = name(number);
        let image = format!("registry.example/payments/{name}:v1");
        let start = Instant::now();
        application::create(hub, &application::manifest(&name, agents, 0, &image)).await?;
        times.push(present(workloads, agents, &name, &image).await? - start);
    }
    Ok(Figure::times(format!("apply → last of {agents} agents applied"), "hub and agents", &times))
}

/// Waits until all members have the workload with this image; the instant when the last one had.
pub(super) async fn present(workloads: &Mirror, agents: usize, name: &str, image: &str) -> Result<Instant> {
    let keys: Vec<mirror::Key> = (0..agents).map(|number| (number, name.to_owned())).collect();
    let good = |objects: &mirror::Objects| {
        keys.iter().all(|key| objects.get(key).is_some_and(|found| mirror::image(found) == image))
    };
    workloads.until(&format!("{name} in all members"), wait::LONG, good).await
}
