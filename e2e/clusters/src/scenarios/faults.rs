//! Something breaks in the middle: what runs keeps running, and the work goes on afterwards.

use anyhow::{Result, ensure};
use crds::apps::CafeDeployment;
use kube::api::Api;
use serde_json::json;

use super::application::{Application, V1, V2};
use super::{ground, manifests, pods};
use crate::link::State;
use crate::wait;
use crate::world::{AgentStart, CERTIFICATES, World};

/// The hub dies while a group waits: members keep their pods, the release stands where it stood, and goes on.
pub(super) async fn the_hub_is_killed_in_mid_release(world: &mut dyn World) -> Result<()> {
    let member = world.member("sh-a");
    let app = Application::new(&world.hub(), "hub-killed", &["rz82"], 10).asking();
    app.roll_out().await?;
    let before = pods::run(&member, &app.name, V1, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    let app = app.image(V2);
    app.apply().await?;
    let seq = app.asks(0).await?;
    app.confirm(0).await?;
    world.kill_hub().await?;
    // The word may have reached the member before the hub died, or not; all pods are there either way.
    let meanwhile = pods::of(&member, &app.name).await?;
    ensure!(meanwhile.keys().eq(before.keys()), "pods went with the hub: {meanwhile:?}");
    world.start_hub(CERTIFICATES).await?;
    let again = app.asks(1).await?;
    ensure!(again == seq, "release {seq} became {again} by the restart");
    pods::run(&member, &app.name, V2, &[("RZ82A", 3), ("RZ82B", 3)]).await?;
    app.confirm(1).await?;
    app.settled().await?;
    let after = pods::run(&member, &app.name, V2, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    pods::ensure_kept(&before, &after)?;
    app.delete().await
}

/// The agent dies while the pods of a group move; the next one ends what it began.
pub(super) async fn an_agent_is_killed_in_mid_group(world: &mut dyn World) -> Result<()> {
    let member = world.member("sh-a");
    let slow =
        json!({"labels": {"app": "agent-killed"}, "annotations": {"e2e.cafefed.dev/start-delay": "2s"}});
    let app = Application::new(&world.hub(), "agent-killed", &["rz82"], 10)
        .set("/template/spec/template/metadata", slow);
    app.roll_out().await?;
    let before = pods::run(&member, &app.name, V1, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    let app = app.image(V2);
    app.apply().await?;
    wait::until("the first group to move", wait::LONG, async || {
        let pods = pods::of(&member, &app.name).await?;
        ensure!(pods.values().any(|pod| pod.image == V2), "{pods:?}");
        Ok(())
    })
    .await?;
    world.kill_agent("sh-a").await?;
    world.start_agent(AgentStart::of("sh-a")).await?;
    app.settled().await?;
    let after = pods::run(&member, &app.name, V2, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    pods::ensure_kept(&before, &after)?;
    app.delete().await
}

/// A half-open link: the member is Unknown, its workloads run on, the other cluster's release goes on, and what
/// changed in the meantime arrives when the link is back.
pub(super) async fn the_hub_falls_silent_and_comes_back(world: &mut dyn World) -> Result<()> {
    let (hub, cut) = (world.hub(), "hz-b");
    let member = world.member(cut);
    let app = Application::new(&hub, "silent", &["rz00"], 4);
    app.roll_out().await?;
    world.link(cut).set(State::Silent);
    ground::member_is(&hub, cut, "Ready", "Unknown").await?;

    let app = app.image(V2);
    app.apply().await?;
    pods::run(&world.member("hz-a"), &app.name, V2, &[("RZ00A", 2)]).await?;
    app.until("the cut-off cluster to be left out by name", |status| {
        let shown = super::application::show(status);
        ensure!(super::application::phase(status) != "Succeeded", "succeeded without {cut}: {shown}");
        let waits = status.release.as_ref().map_or("", |release| release.waiting_for.as_str());
        ensure!(waits.contains("hz-b: not heard since"), "{shown}");
        Ok(())
    })
    .await?;
    // The agent is alone, and still keeps its workloads.
    let deployments: Api<CafeDeployment> = manifests::of(&member);
    manifests::merge(&deployments, &app.name, json!({"spec": {"replicas": 5}})).await?;
    manifests::until(&deployments, &app.name, "drift to be corrected without the hub", |found| {
        ensure!(found.spec.replicas == 2, "{} replicas", found.spec.replicas);
        Ok(())
    })
    .await?;
    pods::run(&member, &app.name, V1, &[("RZ00B", 2)]).await?;

    world.link(cut).set(State::Open);
    ground::member_is(&hub, cut, "Ready", "True").await?;
    pods::run(&member, &app.name, V2, &[("RZ00B", 2)]).await?;
    app.settled().await?;
    app.delete().await
}

/// An agent that starts while the hub is away works from its disk.
pub(super) async fn an_agent_starts_while_the_hub_is_away(world: &mut dyn World) -> Result<()> {
    let (name, hub) = ("hz-b", world.hub());
    let member = world.member(name);
    let app = Application::new(&hub, "from-disk", &["rz00"], 4);
    app.roll_out().await?;
    world.kill_agent(name).await?;
    world.link(name).set(State::Refused);
    let deployments: Api<CafeDeployment> = manifests::of(&member);
    manifests::merge(&deployments, &app.name, json!({"spec": {"replicas": 5}})).await?;
    world.start_agent(AgentStart::of(name)).await?;
    manifests::until(&deployments, &app.name, "drift to be corrected from disk", |found| {
        ensure!(found.spec.replicas == 2, "{} replicas", found.spec.replicas);
        Ok(())
    })
    .await?;
    pods::run(&member, &app.name, V1, &[("RZ00B", 2)]).await?;
    world.link(name).set(State::Open);
    ground::ready(world, name).await?;
    app.settled().await?;
    app.delete().await
}

/// The API server of a member ends and comes back: agent and workload controllers go on.
pub(super) async fn the_api_server_of_a_member_is_restarted(world: &mut dyn World) -> Result<()> {
    let name = "hz-a";
    let app = Application::new(&world.hub(), "member-restarted", &["rz00"], 4);
    app.roll_out().await?;
    let before = pods::run(&world.member(name), &app.name, V1, &[("RZ00A", 2)]).await?;
    world.kill_member(name).await?;
    let app = app.image(V2);
    app.apply().await?;
    world.start_member(name).await?;
    app.settled().await?;
    let after = pods::run(&world.member(name), &app.name, V2, &[("RZ00A", 2)]).await?;
    pods::ensure_kept(&before, &after)?;
    app.delete().await
}
