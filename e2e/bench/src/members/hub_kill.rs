//! `kill -9` of the hub, its start, and a fresh change in all members.

use std::time::{Duration, Instant};

use anyhow::Result;
use e2e_clusters::wait;

use super::stage::{Stage, image};
use crate::report::Figure;
use crate::rig::application;

/// How often.
const ROUNDS: u32 = 5;

/// From the kill to the change in all members; the hub is started again at once.
pub(super) async fn measure(stage: &mut Stage) -> Result<Vec<Figure>> {
    let (mut served, mut fresh) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // What is being written must not be what is killed: the agents are at rest.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let start = Instant::now();
        stage.hub.program.kill9()?;
        stage.hub.program.start_again().await?;
        served.push(start.elapsed());
        let name = "single-000";
        let image = image(name, 100 + round);
        let patch = application::image_patch(&image);
        wait::until("a write on the new hub", wait::LONG, async || {
            application::change(&stage.client, name, &patch).await
        })
        .await?;
        fresh.push(stage.present(name, &image).await? - start);
    }
    Ok(vec![
        Figure::times("kill -9 of the hub → serves again", "hub", &served),
        Figure::times("kill -9 of the hub → fresh change in all members", "hub and agents", &fresh)
            .aim("2 s"),
    ])
}
