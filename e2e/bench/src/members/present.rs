//! One application at a time: from the write on the hub to the object in every member, and to all pods available.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::CLUSTERS;
use super::stage::{Stage, image};
use crate::report::Figure;
use crate::rig::application;

/// New applications, and new images of them.
const ROUNDS: usize = 25;

/// 25 new applications, then 25 new images.
pub(super) async fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let (mut there, mut up) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let name = name(round);
        let manifest = application::manifest(&name, CLUSTERS, 1, &image(&name, 1));
        let start = Instant::now();
        application::create(&stage.client, &manifest).await?;
        settle(stage, &name, 1, start, (&mut there, &mut up)).await?;
    }
    let (mut changed, mut updated) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let name = name(round);
        let start = Instant::now();
        application::change(&stage.client, &name, &application::image_patch(&image(&name, 2))).await?;
        settle(stage, &name, 2, start, (&mut changed, &mut updated)).await?;
    }
    Ok(vec![
        Figure::times("new application: apply → present in all members", "hub and agents", &there)
            .aim("p50 30 ms"),
        Figure::times("new application: apply → available, seen on the hub", "hub, agents, members", &up),
        Figure::times("new image: apply → present in all members", "hub and agents", &changed)
            .aim("p50 30 ms"),
        Figure::times("new image: apply → available, seen on the hub", "hub, agents, members", &updated),
    ])
}

async fn settle(
    stage: &Stage,
    name: &str,
    version: u32,
    start: Instant,
    (there, up): (&mut Vec<Duration>, &mut Vec<Duration>),
) -> Result<()> {
    there.push(stage.present(name, &image(name, version)).await? - start);
    up.push(stage.available(name, 1).await? - start);
    Ok(())
}

fn name(round: usize) -> String {
    format!("single-{round:03}")
}
