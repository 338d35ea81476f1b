//! A CafeDeployment in one member, without the hub: the worked case of the slides (02 §3).

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use crds::apps::{CafeDeployment, CafeDeploymentStatus};
use crds::names;
use kube::Client;
use kube::api::Api;
use serde_json::{Value, json};

use super::application::{V1, V2};
use super::manifests::{self, NAMESPACE};
use super::pods;
use crate::world::World;

/// The member and its cells that the scenarios of this file use.
const MEMBER: &str = "hz-a";
const CELLS: [&str; 2] = ["RZ00A", "RZ01A"];

/// Ten replicas over two cells, `Beta`, batches of four, a confirmation between groups.
fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps.cafefed.dev/v1alpha1", "kind": "CafeDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 10,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {"upgradeType": "Beta", "batchSize": 4, "needWaitingForConfirm": true},
            "topology": {"values": CELLS},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    })
}

fn api(member: &Client) -> Api<CafeDeployment> {
    manifests::of(member)
}

async fn until<T>(
    member: &Client,
    name: &str,
    what: &str,
    mut check: impl FnMut(&CafeDeploymentStatus) -> Result<T>,
) -> Result<T> {
    manifests::until(&api(member), name, &format!("{what} of {name}"), |found| {
        let status = found.status.clone().unwrap_or_default();
        ensure!(Some(status.observed_generation) == found.metadata.generation, "not observed: {status:?}");
        check(&status)
    })
    .await
}

async fn settled(member: &Client, name: &str, replicas: i32) -> Result<CafeDeploymentStatus> {
    until(member, name, "the end of the release", |status| {
        let release = status.release.clone().unwrap_or_default();
        let numbers = [status.replicas, status.updated_replicas, status.available_replicas];
        let done = numbers == [replicas; 3] && release.group_done && release.group == release.last_group;
        ensure!(done && !release.waiting_for_confirm, "{numbers:?} {release:?}");
        Ok(status.clone())
    })
    .await
}

/// Waits until `group` is done and a person is asked; the release's number.
async fn asks(member: &Client, name: &str, group: i32) -> Result<CafeDeploymentStatus> {
    until(member, name, &format!("the question after group {group}"), |status| {
        let release = status.release.clone().unwrap_or_default();
        ensure!(release.waiting_for_confirm && release.group == group, "{release:?} {:?}", status.problems);
        Ok(status.clone())
    })
    .await
}

async fn confirm(member: &Client, name: &str, status: &CafeDeploymentStatus, group: i32) -> Result<()> {
    let confirmed = json!({"releaseSeq": status.release_seq, "group": group});
    let patch = json!({"spec": {"strategy": {"confirmed": confirmed}}});
    manifests::merge(&api(member), name, patch).await.map(|_| ())
}

fn groups(status: &CafeDeploymentStatus) -> Vec<[i32; 2]> {
    let groups = status.release.iter().flat_map(|release| &release.groups);
    let of = |group: &BTreeMap<String, i32>, cell: &str| group.get(cell).copied().unwrap_or(0);
    groups.map(|group| CELLS.map(|cell| of(group, cell))).collect()
}

fn cells(a: usize, b: usize) -> [(&'static str, usize); 2] {
    [(CELLS[0], a), (CELLS[1], b)]
}

/// Groups of 1+1, 2+2, 2+2; nothing moves without a word, by field and by annotation; pods are kept.
pub(super) async fn beta_then_batches_with_confirmation(world: &mut dyn World) -> Result<()> {
    let (member, name) = (world.member(MEMBER), "beta");
    manifests::apply(&member, &deployment(name, V1)).await?;
    settled(&member, name, 10).await?;
    let before = pods::run(&member, name, V1, &cells(5, 5)).await?;

    manifests::apply(&member, &deployment(name, V2)).await?;
    let status = asks(&member, name, 0).await?;
    ensure!(groups(&status) == [[1, 1], [2, 2], [2, 2]], "{:?}", groups(&status));
    pods::run(&member, name, V2, &cells(1, 1)).await?;

    confirm(&member, name, &status, 0).await?;
    asks(&member, name, 1).await?;
    let middle = pods::run(&member, name, V2, &cells(3, 3)).await?;
    ensure!(middle.len() == 10, "{} pods", middle.len());

    let annotation = json!({"metadata": {"annotations": {names::UPGRADE_CONFIRMED: "true"}}});
    manifests::merge(&api(&member), name, annotation).await?;
    settled(&member, name, 10).await?;
    let after = pods::run(&member, name, V2, &cells(5, 5)).await?;
    pods::ensure_kept(&before, &after)?;
    for (pod, seen) in &after {
        ensure!(seen.container != before[pod].container, "{pod} runs its old container");
    }
    manifests::delete(&api(&member), name).await
}

/// With four of ten pinned to the first cell, groups are 1+1, 2+2, 1+3.
pub(super) async fn a_pinned_cell_keeps_its_count(world: &mut dyn World) -> Result<()> {
    let (member, name) = (world.member(MEMBER), "pinned");
    let pinned = |image: &str| {
        let mut manifest = deployment(name, image);
        manifest["spec"]["topology"]["unitReplicas"] = json!({CELLS[0]: 4});
        manifest
    };
    manifests::apply(&member, &pinned(V1)).await?;
    settled(&member, name, 10).await?;
    pods::run(&member, name, V1, &cells(4, 6)).await?;

    manifests::apply(&member, &pinned(V2)).await?;
    for (group, (a, b)) in [(1, 1), (3, 3)].into_iter().enumerate() {
        let group = i32::try_from(group)?;
        let status = asks(&member, name, group).await?;
        ensure!(groups(&status) == [[1, 1], [2, 2], [1, 3]], "{:?}", groups(&status));
        pods::run(&member, name, V2, &cells(a, b)).await?;
        confirm(&member, name, &status, group).await?;
    }
    settled(&member, name, 10).await?;
    pods::run(&member, name, V2, &cells(4, 6)).await?;

    let mut wrong = pinned(V2);
    wrong["spec"]["topology"]["unitReplicas"] = json!({CELLS[0]: 11});
    manifests::apply(&member, &wrong).await?;
    let message = until(&member, name, "the refusal of 11 pinned of 10", |status| {
        let found = status.conditions.iter().find(|c| c.type_ == "Invalid" && c.status == "True");
        Ok(found.ok_or_else(|| anyhow::anyhow!("{:?}", status.conditions))?.message.clone())
    })
    .await?;
    ensure!(message.contains("11") && message.contains("10"), "{message}");
    pods::run(&member, name, V2, &cells(4, 6)).await?;
    manifests::delete(&api(&member), name).await
}

/// What cannot be changed in a running pod makes new pods; the numbers per cell stay.
pub(super) async fn other_changes_recreate_pods(world: &mut dyn World) -> Result<()> {
    let (member, name) = (world.member(MEMBER), "recreate");
    let manifest = |mode: &str| {
        let mut manifest = deployment(name, V1);
        manifest["spec"]["strategy"]["needWaitingForConfirm"] = json!(false);
        manifest["spec"]["template"]["spec"]["containers"][0]["env"] =
            json!([{"name": "MODE", "value": mode}]);
        manifest
    };
    manifests::apply(&member, &manifest("one")).await?;
    settled(&member, name, 10).await?;
    let before = pods::run(&member, name, V1, &cells(5, 5)).await?;
    manifests::apply(&member, &manifest("two")).await?;
    settled(&member, name, 10).await?;
    let after = pods::run(&member, name, V1, &cells(5, 5)).await?;
    let kept = after.values().filter(|pod| before.values().any(|old| old.uid == pod.uid)).count();
    ensure!(kept == 0, "{kept} pods were kept with their old environment");
    manifests::delete(&api(&member), name).await
}
