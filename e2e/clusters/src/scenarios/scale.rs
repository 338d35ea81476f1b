//! Scaling from the hub: out and in, in balance, and pods that may stay do.

use anyhow::{Result, ensure};
use crds::federation::FederatedDeployment;
use serde_json::json;

use super::application::{Application, V1};
use super::{manifests, pods};
use crate::world::World;

/// 4, 11, 6, 0: each cell has its half, the release asks nobody, and a pod that may stay does.
pub(super) async fn out_and_in(world: &mut dyn World) -> Result<()> {
    let member = world.member("sh-a");
    let app = Application::new(&world.hub(), "scale", &["rz82"], 4).asking();
    app.roll_out().await?;
    let four = pods::run(&member, &app.name, V1, &[("RZ82A", 2), ("RZ82B", 2)]).await?;
    scale(world, &app, 11).await?;
    let eleven = pods::of(&member, &app.name).await?;
    let mut halves: Vec<usize> = pods::count(&eleven, |pod| pod.is_ready).into_values().collect();
    halves.sort_unstable();
    ensure!(halves == [5, 6], "{halves:?}");
    ensure!(four.keys().all(|pod| eleven.contains_key(pod)), "scaling out replaced pods");
    scale(world, &app, 6).await?;
    let six = pods::run(&member, &app.name, V1, &[("RZ82A", 3), ("RZ82B", 3)]).await?;
    ensure!(six.keys().all(|pod| eleven.contains_key(pod)), "scaling in replaced pods");
    scale(world, &app, 0).await?;
    pods::run(&member, &app.name, V1, &[]).await?;
    app.delete().await
}

/// As `kubectl scale` does it, through the subresource.
async fn scale(world: &dyn World, app: &Application, replicas: i32) -> Result<()> {
    let api = manifests::of::<FederatedDeployment>(&world.hub());
    let patch = kube::api::Patch::Merge(json!({"spec": {"replicas": replicas}}));
    api.patch_scale(&app.name, &kube::api::PatchParams::default(), &patch).await?;
    let status = app.settled().await?;
    ensure!(status.desired_replicas == replicas, "desired {}", status.desired_replicas);
    Ok(())
}
