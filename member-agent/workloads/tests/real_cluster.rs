//! The controllers on a real cluster: releases in groups, updates in place and their proof, confirmations, cancelling,
//! rollback, scaling, pause, a restart in mid-release, and ReplicaSets.

mod cluster;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cluster::{World, confirmed_by_annotation};
use crds::names::UPGRADE_CONFIRMED;
use e2e_clusters::member::{Cell, Cluster, Options};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cafedeployment_on_a_real_cluster() -> Result<()> {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .try_init();
    let cells = [Cell::new("RZ00A", 1), Cell::new("RZ00B", 1).pods_per_node(12)];
    let cluster = Cluster::start(Options::member("workloads", cells)).await?;
    let mut world = World::start(cluster.client()).await?;

    first_rollout_goes_in_groups_without_asking(&world).await?;
    update_goes_in_groups_in_place_and_asks(&mut world).await?;
    broken_image_is_cancelled_without_asking(&world).await?;
    rollback_is_a_release(&world).await?;
    scaling_goes_through_the_subresource(&world).await?;
    pause_finishes_what_is_in_the_middle(&world).await?;
    other_changes_make_new_pods(&world).await?;
    what_does_not_add_up_is_refused_and_changes_nothing(&world).await?;
    a_cell_without_room_lends_its_places(&world).await?;
    replica_sets_surge_the_group(&world).await?;

    world.stop().await?;
    cluster.finish();
    Ok(())
}

async fn first_rollout_goes_in_groups_without_asking(world: &World) -> Result<()> {
    let start = Instant::now();
    world.apply("shop", json!({})).await?;
    let shop = world.succeeded("shop", 10, 1).await?;
    tracing::info!(millis = start.elapsed().as_millis(), "first rollout of 10 pods");
    let status = shop.status.context("status")?;
    let release = status.release.context("release")?;
    let counts: Vec<Vec<i32>> =
        release.groups.iter().map(|group| group.values().copied().collect()).collect();
    ensure!(counts == [[1, 1], [2, 2], [2, 2]], "{counts:?}");
    ensure!(release.progress == "2/2", "{}", release.progress);
    ensure!(status.cells.iter().all(|cell| cell.available == 5), "{:?}", status.cells);
    let pods = world.pods("shop").await?;
    ensure!(pods.values().all(|pod| pod.node.contains(&pod.cell.to_lowercase())), "{pods:?}");
    Ok(())
}

async fn update_goes_in_groups_in_place_and_asks(world: &mut World) -> Result<()> {
    let before = world.pods("shop").await?;
    let start = Instant::now();
    world.set_image("shop", "shop:v2").await?;
    world.waits("shop", 2, 0).await?;
    tracing::info!(millis = start.elapsed().as_millis(), "beta group done");
    world.moved("shop", "shop:v2", 2).await?;
    ensure!(
        world.annotation("shop", UPGRADE_CONFIRMED).await?.as_deref() == Some("false"),
        "the question is asked"
    );

    // A word for another release counts for nothing.
    world.confirm("shop", 1, 0).await?;
    world.stays_waiting("shop", 0).await?;
    let start = Instant::now();
    world.confirm("shop", 2, 0).await?;
    world.waits("shop", 2, 1).await?;
    tracing::info!(millis = start.elapsed().as_millis(), "group 1 of 4 pods done after the word");
    world.moved("shop", "shop:v2", 6).await?;

    // A controller that starts again goes on where it was.
    world.restart().await?;
    world.stays_waiting("shop", 1).await?;
    confirmed_by_annotation(world, "shop").await?;
    world.succeeded("shop", 10, 2).await?;
    ensure!(world.annotation("shop", UPGRADE_CONFIRMED).await?.is_none(), "nobody is asked any more");

    let after = world.pods("shop").await?;
    for (name, old) in &before {
        let new = after.get(name).with_context(|| format!("pod {name} is gone"))?;
        ensure!((&old.uid, &old.node, &old.ip) == (&new.uid, &new.node, &new.ip), "{old:?} became {new:?}");
        ensure!(old.container != new.container, "{name} was not restarted");
    }
    Ok(())
}

async fn broken_image_is_cancelled_without_asking(world: &World) -> Result<()> {
    world.set_image("shop", "shop:bad").await?;
    world
        .sees("shop", "the problem by pod and reason", |status| {
            let problem =
                status.problems.iter().any(|problem| problem.reason.starts_with("ImagePullBackOff: shop: "));
            ensure!(problem, "{:?}", status.problems);
            Ok(())
        })
        .await?;
    world.moved("shop", "shop:bad", 2).await?;
    world.set_image("shop", "shop:v2").await?;
    let shop = world.succeeded("shop", 10, 4).await?;
    ensure!(
        shop.status.and_then(|status| status.release).is_some_and(|release| release.kind == "Cancel"),
        "kind"
    );
    world.moved("shop", "shop:v2", 10).await
}

async fn rollback_is_a_release(world: &World) -> Result<()> {
    let revisions = world.revisions("shop").await?;
    ensure!(revisions.len() == 3, "{revisions:?}");
    world.annotate("shop", "apps.cafefed.dev/rollback-to", "1").await?;
    world.waits("shop", 5, 0).await?;
    world.moved("shop", "shop:v1", 2).await?;
    // A word for a later group is one for those before it.
    world.confirm("shop", 5, 1).await?;
    world.succeeded("shop", 10, 5).await?;
    world.moved("shop", "shop:v1", 10).await
}

async fn scaling_goes_through_the_subresource(world: &World) -> Result<()> {
    world.scale("shop", 14).await?;
    world.succeeded("shop", 14, 5).await?;
    world.scale("shop", 7).await?;
    let shop = world.succeeded("shop", 7, 5).await?;
    let cells: Vec<i32> =
        shop.status.into_iter().flat_map(|status| status.cells).map(|cell| cell.replicas).collect();
    ensure!(cells == [4, 3], "{cells:?}");
    Ok(())
}

async fn pause_finishes_what_is_in_the_middle(world: &World) -> Result<()> {
    world.patch("shop", json!({"spec": {"strategy": {"pause": true}}})).await?;
    world.set_image("shop", "shop:v3").await?;
    world
        .sees("shop", "Paused", |status| {
            let phase = status.release.as_ref().map(|release| release.phase.as_str());
            ensure!(phase == Some("Paused"), "{phase:?}");
            Ok(())
        })
        .await?;
    world.moved("shop", "shop:v3", 0).await?;
    world
        .patch("shop", json!({"spec": {"strategy": {"pause": false, "needWaitingForConfirm": false}}}))
        .await?;
    world.succeeded("shop", 7, 6).await?;
    world.moved("shop", "shop:v3", 7).await
}

async fn other_changes_make_new_pods(world: &World) -> Result<()> {
    let before = world.pods("shop").await?;
    let environment = json!([{"name": "shop", "image": "shop:v3", "env": [{"name": "A", "value": "1"}]}]);
    world.patch("shop", json!({"spec": {"template": {"spec": {"containers": environment}}}})).await?;
    world.succeeded("shop", 7, 7).await?;
    let after = world.pods("shop").await?;
    let uids = |pods: &BTreeMap<String, cluster::PodFacts>| -> Vec<String> {
        pods.values().map(|pod| pod.uid.clone()).collect()
    };
    let old = uids(&before);
    ensure!(uids(&after).iter().all(|uid| !old.contains(uid)), "a pod was kept");
    Ok(())
}

async fn what_does_not_add_up_is_refused_and_changes_nothing(world: &World) -> Result<()> {
    let before = world.pods("shop").await?;
    world.patch("shop", json!({"spec": {"topology": {"unitReplicas": {"RZ00A": 9}}}})).await?;
    world
        .sees("shop", "Invalid with the numbers", |status| {
            let invalid = status.conditions.iter().find(|condition| condition.type_ == "Invalid");
            let message = invalid.map(|condition| condition.message.as_str()).unwrap_or_default();
            ensure!(
                message.starts_with("topology.unitReplicas pins 9 replicas (RZ00A 9), but replicas is 7"),
                "{message}"
            );
            Ok(())
        })
        .await?;
    ensure!(world.pods("shop").await? == before, "pods changed");
    world.patch("shop", json!({"spec": {"topology": {"unitReplicas": {"RZ00A": "60%"}}}})).await?;
    let shop = world.succeeded("shop", 7, 7).await?;
    let cells: Vec<i32> =
        shop.status.into_iter().flat_map(|status| status.cells).map(|cell| cell.desired).collect();
    ensure!(cells == [4, 3], "{cells:?}");
    world.delete("shop").await
}

async fn a_cell_without_room_lends_its_places(world: &World) -> Result<()> {
    let topology =
        json!({"values": ["RZ00A", "RZ00B"], "autoReschedule": {"enable": true, "initialDelaySeconds": 1}});
    world.apply("wide", json!({"replicas": 30, "topology": topology, "strategy": {"batchSize": 30}})).await?;
    // 12 pods fit into RZ00B; it is entitled to 15, and 3 of them stay as probes.
    world
        .sees("wide", "30 available pods, 18 of them in RZ00A", |status| {
            let cells: Vec<(i32, i32)> =
                status.cells.iter().map(|cell| (cell.desired, cell.available)).collect();
            ensure!(status.available_replicas == 30 && cells == [(18, 18), (12, 12)], "{status:?}");
            Ok(())
        })
        .await?;
    world.widen_node("rz00b", 110).await?;
    world
        .sees("wide", "the places are back", |status| {
            let cells: Vec<(i32, i32)> =
                status.cells.iter().map(|cell| (cell.desired, cell.replicas)).collect();
            ensure!(status.available_replicas == 30 && cells == [(15, 15), (15, 15)], "{status:?}");
            Ok(())
        })
        .await?;
    world.delete("wide").await
}

async fn replica_sets_surge_the_group(world: &World) -> Result<()> {
    world.apply("plain", json!({"replicas": 6, "podSetType": "ReplicaSet"})).await?;
    world.succeeded("plain", 6, 1).await?;
    world.set_image("plain", "shop:v2").await?;
    world.waits("plain", 2, 0).await?;
    world.moved("plain", "shop:v2", 2).await?;
    world.confirm("plain", 2, 0).await?;
    world.succeeded("plain", 6, 2).await?;
    world.moved("plain", "shop:v2", 6).await?;
    world.replica_sets("plain", 2).await
}
