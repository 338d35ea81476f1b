//! A suspended member: nothing is written to its workloads until it is resumed.

use std::time::Duration;

use anyhow::{Result, ensure};
use crds::federation::MemberCluster;
use kube::api::Api;
use serde_json::json;

use super::application::{Application, V1, V2, show};
use super::{ground, manifests, pods};
use crate::wait;
use crate::world::World;

const MEMBER: &str = "hz-b";

/// A new image waits while the member is suspended, and goes out when it is resumed.
pub(super) async fn a_suspended_member_writes_nothing(world: &mut dyn World) -> Result<()> {
    let (hub, member) = (world.hub(), world.member(MEMBER));
    let app = Application::new(&hub, "suspended", &["rz00"], 4);
    app.roll_out().await?;
    let members: Api<MemberCluster> = Api::all(hub.clone());
    manifests::merge(&members, MEMBER, json!({"spec": {"suspended": true}})).await?;
    ground::member_is(&hub, MEMBER, "Suspended", "True").await?;

    let app = app.image(V2);
    app.apply().await?;
    pods::run(&world.member("hz-a"), &app.name, V2, &[("RZ00A", 2)]).await?;
    app.until("the suspended cluster to be named", |status| {
        let named = format!("{:?} {:?} {:?}", status.clusters, status.release, status.conditions);
        ensure!(named.to_lowercase().contains("suspended"), "{}", show(status));
        Ok(())
    })
    .await?;
    wait::stays("the old image", Duration::from_secs(3), async || {
        let pods = pods::of(&member, &app.name).await?;
        ensure!(pods.len() == 2 && pods.values().all(|pod| pod.image == V1), "{pods:?}");
        Ok(())
    })
    .await?;

    manifests::merge(&members, MEMBER, json!({"spec": {"suspended": false}})).await?;
    pods::run(&member, &app.name, V2, &[("RZ00B", 2)]).await?;
    app.settled().await?;
    app.delete().await
}
