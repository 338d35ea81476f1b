//! An application is deleted on the hub: its workloads go, or stay by its policy.

use anyhow::{Result, ensure};
use crds::apps::CafeDeployment;
use crds::federation::Work;
use crds::names;
use kube::api::{Api, ListParams};

use super::application::{Application, V1};
use super::{manifests, pods};
use crate::world::World;

const CLUSTERS: [(&str, &str); 2] = [("hz-a", "RZ00A"), ("hz-b", "RZ00B")];

/// An error while the hub has a Work of the application.
async fn no_works(world: &dyn World, app: &str) -> Result<()> {
    let named = ListParams::default().labels(&format!("{}={app}", names::SOURCE_NAME));
    let left = Api::<Work>::all(world.hub()).list(&named).await?.items;
    ensure!(left.is_empty(), "Works are left: {left:?}");
    Ok(())
}

/// `Delete`: CafeDeployment and pods are gone everywhere.
pub(super) async fn with_policy_delete(world: &mut dyn World) -> Result<()> {
    let app = Application::new(&world.hub(), "deleted", &["rz00"], 4);
    app.roll_out().await?;
    app.delete().await?;
    no_works(world, &app.name).await?;
    for (member, _) in CLUSTERS {
        let client = world.member(member);
        manifests::gone(&manifests::of::<CafeDeployment>(&client), &app.name).await?;
        pods::run(&client, &app.name, V1, &[]).await?;
    }
    Ok(())
}

/// `Orphan`: they stay, run on, and a new application of that name takes them over only on purpose.
pub(super) async fn with_policy_orphan(world: &mut dyn World) -> Result<()> {
    let app = Application::new(&world.hub(), "orphaned", &["rz00"], 4).set("/deletionPolicy", "Orphan");
    app.roll_out().await?;
    let before = pods::run(&world.member("hz-a"), &app.name, V1, &[("RZ00A", 2)]).await?;
    app.delete().await?;
    no_works(world, &app.name).await?;
    for (member, cell) in CLUSTERS {
        pods::run(&world.member(member), &app.name, V1, &[(cell, 2)]).await?;
    }
    let again = Application::new(&world.hub(), "orphaned", &["rz00"], 4).set("/conflict", "Adopt");
    again.roll_out().await?;
    let after = pods::run(&world.member("hz-a"), &app.name, V1, &[("RZ00A", 2)]).await?;
    pods::ensure_kept(&before, &after)?;
    again.delete().await?;
    for (member, _) in CLUSTERS {
        pods::run(&world.member(member), &app.name, V1, &[]).await?;
    }
    Ok(())
}
