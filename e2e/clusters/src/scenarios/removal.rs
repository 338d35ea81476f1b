//! A member leaves: in order, its workloads orphaned or deleted; or by force, when its cluster is gone.

use anyhow::{Result, ensure};
use crds::apps::CafeDeployment;
use crds::federation::{MemberCluster, Work};
use crds::names;
use k8s_openapi::api::core::v1::Namespace;
use kube::Client;
use kube::api::{Api, ListParams};
use serde_json::json;

use super::application::{Application, V1};
use super::{ground, manifests, pods};
use crate::world::World;

const MEMBER: &str = "hz-b";
const CELL: &str = "RZ00B";

/// Four replicas that move back to a cell that comes back.
fn evenly(hub: &Client, name: &str) -> Application {
    let division = json!({"type": "Weighted", "by": "Static", "avoidDisruption": false});
    Application::new(hub, name, &["rz00"], 4).set("/placement/division", division)
}

/// Deletes the member on the hub, waits until it and all that belongs to it there is gone.
async fn remove(world: &mut dyn World) -> Result<()> {
    let members: Api<MemberCluster> = Api::all(world.hub());
    manifests::delete(&members, MEMBER).await?;
    manifests::gone(&members, MEMBER).await?;
    let works: Api<Work> = Api::all(world.hub());
    let left = works.list(&ListParams::default()).await?.items;
    let namespace = names::cluster_namespace(MEMBER);
    let left: Vec<_> =
        left.iter().filter(|work| work.metadata.namespace.as_deref() == Some(&namespace)).collect();
    ensure!(left.is_empty(), "Works of the removed member are left: {left:?}");
    manifests::gone(&Api::<Namespace>::all(world.hub()), &namespace).await
}

/// Joins it again, and waits for the application to be whole.
async fn come_back(world: &mut dyn World, app: &Application) -> Result<()> {
    ground::join(world, MEMBER).await?;
    ground::ready(world, MEMBER).await?;
    app.settled().await?;
    pods::run(&world.member(MEMBER), &app.name, V1, &[(CELL, 2)]).await.map(|_| ())
}

/// Without a word, workloads stay: pods run on under their own names, and are taken up again by the next join.
pub(super) async fn in_order_orphans_the_workloads(world: &mut dyn World) -> Result<()> {
    let member = world.member(MEMBER);
    let app = evenly(&world.hub(), "left-behind");
    app.roll_out().await?;
    let before = pods::run(&member, &app.name, V1, &[(CELL, 2)]).await?;
    remove(world).await?;
    let after = pods::run(&member, &app.name, V1, &[(CELL, 2)]).await?;
    pods::ensure_kept(&before, &after)?;
    come_back(world, &app).await?;
    pods::ensure_kept(&before, &pods::of(&member, &app.name).await?)?;
    app.delete().await
}

/// `onRemove: Delete` takes them away.
pub(super) async fn in_order_deletes_when_told(world: &mut dyn World) -> Result<()> {
    let member = world.member(MEMBER);
    let app = evenly(&world.hub(), "taken-along");
    app.roll_out().await?;
    let members: Api<MemberCluster> = Api::all(world.hub());
    manifests::merge(&members, MEMBER, json!({"spec": {"onRemove": "Delete"}})).await?;
    remove(world).await?;
    manifests::gone(&manifests::of::<CafeDeployment>(&member), &app.name).await?;
    pods::run(&member, &app.name, V1, &[]).await?;
    come_back(world, &app).await?;
    app.delete().await
}

/// A cluster that is gone holds up nobody: its member goes when a person says so, and only then.
pub(super) async fn by_force_when_the_cluster_is_gone(world: &mut dyn World) -> Result<()> {
    let hub = world.hub();
    let app = evenly(&hub, "cluster-gone");
    app.roll_out().await?;
    world.kill_agent(MEMBER).await?;
    world.kill_member(MEMBER).await?;
    ground::member_is(&hub, MEMBER, "Ready", "Unknown").await?;
    let members: Api<MemberCluster> = Api::all(hub.clone());
    manifests::delete(&members, MEMBER).await?;
    crate::wait::stays("the member", std::time::Duration::from_secs(3), async || {
        ensure!(members.get_opt(MEMBER).await?.is_some(), "it went without a word");
        Ok(())
    })
    .await?;
    let force = json!({"metadata": {"annotations": {names::FORCE_REMOVE: "the machine burned down"}}});
    manifests::merge(&members, MEMBER, force).await?;
    manifests::gone(&members, MEMBER).await?;
    // The application lives on in the cell that is left.
    pods::run(&world.member("hz-a"), &app.name, V1, &[("RZ00A", 4)]).await?;
    world.start_member(MEMBER).await?;
    come_back(world, &app).await?;
    app.delete().await
}
