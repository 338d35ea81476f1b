//! Changes by hand in a member: what is the federation's comes back, what is another's is left alone.

use std::time::Duration;

use anyhow::{Result, ensure};
use crds::apps::CafeDeployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::Api;
use serde_json::json;

use super::application::{Application, V1};
use super::manifests::{self, NAMESPACE};
use super::pods;
use crate::wait;
use crate::world::World;

const MEMBER: &str = "hz-a";

/// Fields of the CafeDeployment and of what goes along with it are set back; a deleted object is made again;
/// fields that the federation does not own stay.
pub(super) async fn fields_set_by_hand_are_corrected(world: &mut dyn World) -> Result<()> {
    let (hub, member) = (world.hub(), world.member(MEMBER));
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"greeting": "hello"},
        "metadata": {"name": "drift-settings", "namespace": NAMESPACE},
    });
    manifests::apply(&hub, &map).await?;
    let app = Application::new(&hub, "drift", &["rz00"], 4)
        .set("/dependencies", json!([{"kind": "ConfigMap", "name": "drift-settings"}]));
    app.roll_out().await?;

    let deployments: Api<CafeDeployment> = manifests::of(&member);
    let by_hand = json!({
        "metadata": {"annotations": {"note": "mine"}},
        "spec": {"replicas": 7, "progressDeadlineSeconds": 5, "strategy": {"batchSize": 1}},
    });
    manifests::merge(&deployments, &app.name, by_hand).await?;
    manifests::until(&deployments, &app.name, "the CafeDeployment to be set back", |found| {
        let spec = &found.spec;
        let seen = (spec.replicas, spec.progress_deadline_seconds, spec.strategy.batch_size);
        ensure!(seen == (2, 600, Some(4)), "{seen:?}");
        let notes = found.metadata.annotations.clone().unwrap_or_default();
        ensure!(notes.get("note").is_some_and(|note| note == "mine"), "the note is gone: {notes:?}");
        Ok(())
    })
    .await?;
    pods::run(&member, &app.name, V1, &[("RZ00A", 2)]).await?;

    let maps: Api<ConfigMap> = manifests::of(&member);
    manifests::merge(&maps, "drift-settings", json!({"data": {"greeting": "go away"}})).await?;
    carried(&maps, "set back").await?;
    manifests::delete(&maps, "drift-settings").await?;
    carried(&maps, "made again").await?;
    app.settled().await?;
    app.delete().await
}

async fn carried(maps: &Api<ConfigMap>, what: &str) -> Result<()> {
    manifests::until(maps, "drift-settings", &format!("the ConfigMap to be {what}"), |found| {
        let data = found.data.clone().unwrap_or_default();
        ensure!(data.get("greeting").is_some_and(|said| said == "hello"), "{data:?}");
        Ok(())
    })
    .await
}

/// With `replicasOwner: Member` an autoscaler's number is nobody else's business, also through a release.
pub(super) async fn replicas_of_a_member_are_left_alone(world: &mut dyn World) -> Result<()> {
    let member = world.member(MEMBER);
    let app = Application::new(&world.hub(), "autoscaled", &["rz00"], 2).set("/replicasOwner", "Member");
    app.apply().await?;
    let deployments: Api<CafeDeployment> = manifests::of(&member);
    manifests::until(&deployments, &app.name, "the CafeDeployment", |_| Ok(())).await?;
    let scale = kube::api::Patch::Merge(json!({"spec": {"replicas": 5}}));
    deployments.patch_scale(&app.name, &kube::api::PatchParams::default(), &scale).await?;
    pods::run(&member, &app.name, V1, &[("RZ00A", 5)]).await?;

    let app = app.image(super::application::V2);
    app.apply().await?;
    pods::run(&member, &app.name, super::application::V2, &[("RZ00A", 5)]).await?;
    wait::stays("five replicas", Duration::from_secs(3), async || {
        let replicas = deployments.get(&app.name).await?.spec.replicas;
        ensure!(replicas == 5, "{replicas} replicas");
        Ok(())
    })
    .await?;
    app.delete().await
}
