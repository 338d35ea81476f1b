//! The story the playground tells: the example appears in every cell, its next version goes out group by group
//! and is confirmed, and everything ends as it should.

use std::time::Duration;

use anyhow::{Context, bail};
use crds::federation::{
    Confirmation, ConfirmationKind, ConfirmationSpec, ConfirmationTarget, FederatedDeployment,
    FederatedDeploymentStatus,
};
use kube::api::{Api, ObjectMeta, PostParams};
use tokio::time::Instant;

use crate::world::{self, SHOP_V1, SHOP_V2};

/// How the story ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The application at the end.
    pub status: FederatedDeploymentStatus,
    /// Groups that were confirmed.
    pub confirmed: u32,
    /// From the first apply to the end.
    pub took: Duration,
}

/// How long each part of the story may take.
const LIMIT: Duration = Duration::from_secs(60);
const NAME: &str = "shop";

/// Runs it; `tell` hears each step in a line. Without `release`, it ends when the first version is there.
pub async fn run_story(
    hub: &kube::Client,
    release: bool,
    mut tell: impl FnMut(&str),
) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    tell("applying deploy/examples/shop/v1.yaml");
    world::apply(hub, SHOP_V1).await?;
    let mut status =
        settle(hub, &mut tell, |s| phase(s) == "Succeeded" && s.available_replicas == 20).await?;
    let mut confirmed = 0;
    if release {
        tell("applying deploy/examples/shop/v2.yaml: a new image");
        world::apply(hub, SHOP_V2).await?;
        let seq = status.release_seq + 1;
        loop {
            let there = |s: &FederatedDeploymentStatus| {
                s.release_seq >= seq && matches!(phase(s), "WaitingForConfirm" | "Succeeded")
            };
            status = settle(hub, &mut tell, there).await?;
            if phase(&status) == "Succeeded" {
                break;
            }
            let group = status.release.as_ref().map_or(0, |r| r.group);
            tell(&format!("confirming group {group} of release {}", status.release_seq));
            confirm(hub, status.release_seq, group).await?;
            confirmed += 1;
            let moved = |s: &FederatedDeploymentStatus| {
                phase(s) == "Succeeded" || s.release.as_ref().is_some_and(|r| r.group != group)
            };
            settle(hub, &mut tell, moved).await?;
        }
    }
    Ok(Outcome { status, confirmed, took: started.elapsed() })
}

fn phase(status: &FederatedDeploymentStatus) -> &str {
    status.release.as_ref().map_or("", |r| r.phase.as_str())
}

async fn confirm(hub: &kube::Client, release_seq: i64, group: i32) -> anyhow::Result<()> {
    let confirmation = Confirmation {
        metadata: ObjectMeta { generate_name: Some(format!("{NAME}-")), ..ObjectMeta::default() },
        spec: ConfirmationSpec {
            target: ConfirmationTarget { kind: ConfirmationKind::FederatedDeployment, name: NAME.to_owned() },
            release_seq,
            group,
            reason: "playground".to_owned(),
            author: String::new(),
        },
        status: None,
    };
    let api: Api<Confirmation> = Api::namespaced(hub.clone(), "default");
    api.create(&PostParams::default(), &confirmation).await.context("cannot confirm")?;
    Ok(())
}

/// Waits until the application is as `good` says, and tells each change.
async fn settle(
    hub: &kube::Client,
    tell: &mut impl FnMut(&str),
    good: impl Fn(&FederatedDeploymentStatus) -> bool,
) -> anyhow::Result<FederatedDeploymentStatus> {
    let api: Api<FederatedDeployment> = Api::namespaced(hub.clone(), "default");
    let deadline = Instant::now() + LIMIT;
    let mut said = String::new();
    loop {
        let found = api.get(NAME).await.context("cannot read the example application")?;
        let current = found.metadata.generation;
        let status = found.status.unwrap_or_default();
        let line = line(&status);
        if line != said {
            tell(&line);
            said = line;
        }
        if Some(status.observed_generation) == current && good(&status) {
            return Ok(status);
        }
        if Instant::now() > deadline {
            bail!("the example did not get on within {} s: {said}", LIMIT.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// One line for a person.
fn line(status: &FederatedDeploymentStatus) -> String {
    let cells: Vec<String> = status
        .cells
        .iter()
        .map(|cell| format!("{} {}/{}", cell.name.to_ascii_uppercase(), cell.available, cell.desired))
        .collect();
    let waiting = status.release.as_ref().map_or("", |r| r.waiting_for.as_str());
    let text = format!(
        "{:<18} updated {:>2}/{:<2} available {:>2}/{:<2} [{}] {waiting}",
        phase(status),
        status.updated_replicas,
        status.desired_replicas,
        status.available_replicas,
        status.desired_replicas,
        cells.join(", ")
    );
    text.trim_end().to_owned()
}
