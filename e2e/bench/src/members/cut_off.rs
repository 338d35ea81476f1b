//! A member whose link falls silent: when the hub says so, and when a change made meanwhile is there.

use std::time::{Duration, Instant};

use anyhow::Result;
use crds::federation::MemberCluster;
use e2e_clusters::link::State;
use e2e_clusters::wait;
use kube::api::Api;

use super::CLUSTERS;
use super::stage::{Stage, image};
use crate::report::Figure;
use crate::rig::{application, world};

/// How often.
const ROUNDS: u32 = 3;
/// How long the link stays silent after the hub has seen it, as in an outage of some length.
const SILENCE: Duration = Duration::from_secs(20);
/// The member that is cut off.
const LOST: usize = CLUSTERS - 1;

/// Cuts, changes, opens.
pub(super) async fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let (mut seen, mut others, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let start = Instant::now();
        stage.links[LOST].set(State::Silent);
        wait::until("the hub to miss the member", wait::LONG, async || ready(stage, false).await).await?;
        seen.push(start.elapsed());
        let name = "single-001";
        let image = image(name, 200 + round);
        let start = Instant::now();
        application::change(&stage.client, name, &application::image_patch(&image)).await?;
        others.push(stage.present_in(0..LOST, name, &image).await? - start);
        tokio::time::sleep(SILENCE).await;
        let start = Instant::now();
        stage.links[LOST].set(State::Open);
        back.push(stage.present(name, &image).await? - start);
        wait::until("the member to be ready", wait::LONG, async || ready(stage, true).await).await?;
    }
    Ok(vec![
        Figure::times("member cut off (silent link) → seen on the hub", "hub", &seen).aim("15 s"),
        Figure::times("change while one member is away → present in the others", "hub and agents", &others),
        Figure::times("link open again → pending change present", "agent", &back).aim("5 s"),
    ])
}

async fn ready(stage: &Stage, wanted: bool) -> Result<()> {
    let api: Api<MemberCluster> = Api::all(stage.client.clone());
    let cluster = api.get(&world::cluster(LOST)).await?;
    let conditions = cluster.status.unwrap_or_default().conditions;
    let ready = conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True");
    anyhow::ensure!(ready == wanted, "Ready is {ready}");
    Ok(())
}
