//! Pods of an application in a member, as scenarios compare them.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use crds::names;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use super::manifests::NAMESPACE;
use crate::wait;

/// What of a pod is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) uid: String,
    pub(super) node: String,
    pub(super) ip: String,
    pub(super) cell: String,
    pub(super) image: String,
    pub(super) container: String,
    pub(super) is_ready: bool,
}

/// Pods that are not on their way out, by name.
pub(super) type Pods = BTreeMap<String, Seen>;

/// The pods of application `app` in one member.
pub(super) async fn of(member: &Client, app: &str) -> Result<Pods> {
    let api: Api<Pod> = Api::namespaced(member.clone(), NAMESPACE);
    let ours = ListParams::default().labels(&format!("{}={app}", names::CAFEDEPLOYMENT_LABEL));
    let pods = api.list(&ours).await?.items;
    let alive = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
    Ok(alive.map(|pod| (pod.name_any(), seen(pod))).collect())
}

fn seen(pod: &Pod) -> Seen {
    let spec = pod.spec.clone().unwrap_or_default();
    let status = pod.status.clone().unwrap_or_default();
    let conditions = status.conditions.unwrap_or_default();
    let containers = status.container_statuses.unwrap_or_default();
    Seen {
        uid: pod.uid().unwrap_or_default(),
        node: spec.node_name.unwrap_or_default(),
        ip: status.pod_ip.unwrap_or_default(),
        cell: pod.labels().get(names::CELL_LABEL).cloned().unwrap_or_default(),
        image: spec.containers.first().and_then(|container| container.image.clone()).unwrap_or_default(),
        container: containers.first().and_then(|status| status.container_id.clone()).unwrap_or_default(),
        is_ready: conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True"),
    }
}

/// How many pods in each cell pass.
pub(super) fn count(pods: &Pods, is_counted: impl Fn(&Seen) -> bool) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for pod in pods.values().filter(|pod| is_counted(pod)) {
        *counts.entry(pod.cell.as_str()).or_default() += 1;
    }
    counts
}

/// Waits until exactly these cells have exactly so many pods that run `image`, all ready.
pub(super) async fn run(member: &Client, app: &str, image: &str, cells: &[(&str, usize)]) -> Result<Pods> {
    let wanted: BTreeMap<&str, usize> = cells.iter().copied().collect();
    wait::until(&format!("{wanted:?} pods of {app} with {image}"), wait::LONG, async || {
        let pods = of(member, app).await?;
        let ready = count(&pods, |pod| pod.is_ready && pod.image == image);
        ensure!(ready == wanted, "ready with it: {ready:?} of {pods:?}");
        Ok(pods)
    })
    .await
}

/// An error unless `after` are the very pods of `before`: names, UIDs, nodes and addresses.
pub(super) fn ensure_kept(before: &Pods, after: &Pods) -> Result<()> {
    let identity = |pods: &Pods| -> BTreeMap<String, [String; 4]> {
        let of = |pod: &Seen| [pod.uid.clone(), pod.node.clone(), pod.ip.clone(), pod.cell.clone()];
        pods.iter().map(|(name, pod)| (name.clone(), of(pod))).collect()
    };
    let (before, after) = (identity(before), identity(after));
    ensure!(before == after, "pods were not kept: {before:?} became {after:?}");
    Ok(())
}
