//! An object of that name is in the member already, and the federation did not make it.

use anyhow::{Result, ensure};
use crds::apps::CafeDeployment;
use kube::Client;
use kube::api::Api;
use serde_json::json;

use super::application::{Application, V1, show};
use super::manifests::{self, NAMESPACE};
use super::pods;
use crate::world::World;

const MEMBER: &str = "hz-b";
const OTHER_IMAGE: &str = "registry.example/handmade:v1";

/// Somebody's own CafeDeployment with three pods.
async fn by_hand(member: &Client, name: &str) -> Result<Api<CafeDeployment>> {
    let manifest = json!({
        "apiVersion": "apps.cafefed.dev/v1alpha1", "kind": "CafeDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 3, "selector": {"matchLabels": {"app": name}}, "topology": {"values": ["RZ00B"]},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": OTHER_IMAGE}]},
            },
        },
    });
    manifests::apply(member, &manifest).await?;
    pods::run(member, name, OTHER_IMAGE, &[("RZ00B", 3)]).await?;
    Ok(manifests::of(member))
}

/// `Abort`: the object is left alone, the application says where and what to do, the other cluster goes on.
pub(super) async fn an_unmanaged_object_stops_it(world: &mut dyn World) -> Result<()> {
    let member = world.member(MEMBER);
    let api = by_hand(&member, "taken").await?;
    let app = Application::new(&world.hub(), "taken", &["rz00"], 2);
    app.apply().await?;
    app.until("the conflict", |status| {
        let cluster = status.clusters.iter().find(|cluster| cluster.name == MEMBER);
        let message = cluster.map(|cluster| cluster.message.as_str()).unwrap_or_default();
        ensure!(
            message.contains("CafeDeployment default/taken") && message.contains("Adopt"),
            "{}",
            show(status)
        );
        Ok(())
    })
    .await?;
    pods::run(&world.member("hz-a"), &app.name, V1, &[("RZ00A", 1)]).await?;
    pods::run(&member, &app.name, OTHER_IMAGE, &[("RZ00B", 3)]).await?;

    // Deleting the application leaves alone what never was its own.
    app.delete().await?;
    ensure!(api.get_opt("taken").await?.is_some_and(|left| left.spec.replicas == 3), "it was touched");
    manifests::delete(&api, "taken").await?;
    manifests::gone(&api, "taken").await
}

/// `Adopt`: the object becomes the application's.
pub(super) async fn or_is_adopted_on_purpose(world: &mut dyn World) -> Result<()> {
    let member = world.member(MEMBER);
    let api = by_hand(&member, "adopted").await?;
    let app = Application::new(&world.hub(), "adopted", &["rz00"], 4).set("/conflict", "Adopt");
    app.roll_out().await?;
    pods::run(&member, &app.name, V1, &[("RZ00B", 2)]).await?;
    app.delete().await?;
    manifests::gone(&api, "adopted").await
}
