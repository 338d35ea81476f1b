//! What the scenarios look at and do on a cluster with running controllers.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use crds::apps::{CafeDeployment, CafeDeploymentStatus};
use crds::names::{CAFEDEPLOYMENT_LABEL, CELL_LABEL, UPGRADE_CONFIRMED};
use e2e_clusters::wait;
use k8s_openapi::api::apps::v1::{ControllerRevision, ReplicaSet};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use member_agent_workloads::{Error, Options, run};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What must or must not change of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodFacts {
    pub(crate) uid: String,
    pub(crate) node: String,
    pub(crate) ip: String,
    pub(crate) cell: String,
    pub(crate) image: String,
    pub(crate) container: String,
    pub(crate) ready: bool,
}

/// A cluster and the controllers on it.
pub(crate) struct World {
    client: Client,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), Error>>,
}

impl World {
    pub(crate) async fn start(client: Client) -> Result<Self> {
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(run(client.clone(), shutdown.clone(), Options::default()));
        let api: Api<CafeDeployment> = Api::default_namespaced(client.clone());
        tokio::time::sleep(Duration::from_millis(500)).await;
        if running.is_finished() {
            running.await??;
            bail!("the controllers ended");
        }
        wait::until("the kinds", wait::LONG, async || {
            ensure!(!running.is_finished(), "the controllers ended");
            Ok(api.list(&ListParams::default()).await.map(|_| ())?)
        })
        .await?;
        Ok(Self { client, shutdown, running })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        Ok(self.running.await??)
    }

    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.shutdown.cancel();
        (&mut self.running).await??;
        self.shutdown = CancellationToken::new();
        self.running = tokio::spawn(run(self.client.clone(), self.shutdown.clone(), Options::default()));
        Ok(())
    }

    fn api(&self) -> Api<CafeDeployment> {
        Api::default_namespaced(self.client.clone())
    }

    /// Ten pods of `shop:v1` over two cells, beta, batches of four, with confirmation; `change` on top.
    pub(crate) async fn apply(&self, name: &str, change: Value) -> Result<()> {
        let mut spec = json!({
            "replicas": 10,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {"upgradeType": "Beta", "batchSize": 4, "needWaitingForConfirm": true},
            "topology": {"values": ["RZ00A", "RZ00B"]},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "shop", "image": "shop:v1"}]},
            },
        });
        if let (Some(spec), Value::Object(change)) = (spec.as_object_mut(), change) {
            spec.extend(change);
        }
        let object = json!({"apiVersion": "apps.cafefed.dev/v1alpha1", "kind": "CafeDeployment",
            "metadata": {"name": name}, "spec": spec});
        self.api().patch(name, &PatchParams::apply("test"), &Patch::Apply(&object)).await?;
        Ok(())
    }

    pub(crate) async fn patch(&self, name: &str, patch: Value) -> Result<()> {
        self.api().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    pub(crate) async fn set_image(&self, name: &str, image: &str) -> Result<()> {
        let containers = json!([{"name": "shop", "image": image}]);
        self.patch(name, json!({"spec": {"template": {"spec": {"containers": containers}}}})).await
    }

    pub(crate) async fn confirm(&self, name: &str, release_seq: i64, group: i32) -> Result<()> {
        let word = json!({"releaseSeq": release_seq, "group": group});
        self.patch(name, json!({"spec": {"strategy": {"confirmed": word}}})).await
    }

    pub(crate) async fn annotate(&self, name: &str, annotation: &str, value: &str) -> Result<()> {
        self.patch(name, json!({"metadata": {"annotations": {annotation: value}}})).await
    }

    pub(crate) async fn annotation(&self, name: &str, annotation: &str) -> Result<Option<String>> {
        Ok(self.api().get(name).await?.annotations().get(annotation).cloned())
    }

    pub(crate) async fn scale(&self, name: &str, replicas: i32) -> Result<()> {
        let patch = json!({"spec": {"replicas": replicas}});
        self.api().patch_scale(name, &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    /// Waits until a release is over and every pod is available.
    pub(crate) async fn succeeded(
        &self,
        name: &str,
        replicas: i32,
        release_seq: i64,
    ) -> Result<CafeDeployment> {
        wait::until(
            &format!("release {release_seq} of {name} over, {replicas} pods"),
            wait::LONG,
            async || {
                let object = self.api().get(name).await?;
                let status = object.status.clone().context("no status")?;
                let release = status.release.clone().context("no release")?;
                let is_current = object.metadata.generation == Some(status.observed_generation);
                let counts = [status.replicas, status.updated_replicas, status.available_replicas];
                ensure!(
                    is_current
                        && release.phase == "Succeeded"
                        && counts == [replicas; 3]
                        && status.release_seq == release_seq,
                    "release {}: {release:?} {counts:?} {:?} {:?}",
                    status.release_seq,
                    status.problems,
                    status.conditions,
                );
                Ok(object)
            },
        )
        .await
    }

    /// Waits until a person is waited for after `group`.
    pub(crate) async fn waits(&self, name: &str, release_seq: i64, group: i32) -> Result<()> {
        wait::until(
            &format!("{name} waits after group {group} of release {release_seq}"),
            wait::LONG,
            async || {
                let status = self.api().get(name).await?.status.context("no status")?;
                let release = status.release.context("no release")?;
                let place =
                    (release.waiting_for_confirm, release.phase.as_str(), status.release_seq, release.group);
                ensure!(
                    place == (true, "WaitingForConfirm", release_seq, group),
                    "{release:?} {:?}",
                    status.problems
                );
                Ok(())
            },
        )
        .await
    }

    pub(crate) async fn stays_waiting(&self, name: &str, group: i32) -> Result<()> {
        wait::stays("the wait", Duration::from_millis(1500), async || {
            let status = self.api().get(name).await?.status.context("no status")?;
            let release = status.release.context("no release")?;
            ensure!(release.waiting_for_confirm && release.group == group, "{release:?}");
            Ok(())
        })
        .await
    }

    pub(crate) async fn sees(
        &self,
        name: &str,
        what: &str,
        look: impl Fn(&CafeDeploymentStatus) -> Result<()>,
    ) -> Result<()> {
        wait::until(what, wait::LONG, async || {
            look(&self.api().get(name).await?.status.context("no status")?)
        })
        .await
    }

    /// All pods that are not on their way out.
    pub(crate) async fn pods(&self, name: &str) -> Result<BTreeMap<String, PodFacts>> {
        let api: Api<Pod> = Api::default_namespaced(self.client.clone());
        let of = ListParams::default().labels(&format!("{CAFEDEPLOYMENT_LABEL}={name}"));
        let pods =
            api.list(&of).await?.items.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
        Ok(pods.map(|pod| (pod.name_any(), facts(&pod))).collect())
    }

    /// Exactly so many pods run the image and are ready or broken with it.
    pub(crate) async fn moved(&self, name: &str, image: &str, count: usize) -> Result<()> {
        let pods = self.pods(name).await?;
        let moved = pods.values().filter(|pod| pod.image == image).count();
        ensure!(moved == count, "{moved} pods have {image}: {pods:#?}");
        Ok(())
    }

    pub(crate) async fn revisions(&self, name: &str) -> Result<Vec<(i64, String)>> {
        let api: Api<ControllerRevision> = Api::default_namespaced(self.client.clone());
        let of = ListParams::default().labels(&format!("{CAFEDEPLOYMENT_LABEL}={name}"));
        let mut found: Vec<_> = api
            .list(&of)
            .await?
            .items
            .into_iter()
            .map(|record| (record.revision, record.name_any()))
            .collect();
        found.sort();
        Ok(found)
    }

    pub(crate) async fn replica_sets(&self, name: &str, count: usize) -> Result<()> {
        let api: Api<ReplicaSet> = Api::default_namespaced(self.client.clone());
        let of = ListParams::default().labels(&format!("{CAFEDEPLOYMENT_LABEL}={name}"));
        wait::until("empty ReplicaSets go", wait::LONG, async || {
            let found = api.list(&of).await?.items.len();
            ensure!(found == count, "{found} ReplicaSets");
            Ok(())
        })
        .await
    }

    /// Lets more pods fit on the nodes whose name has `part` in it.
    pub(crate) async fn widen_node(&self, part: &str, pods: u32) -> Result<()> {
        let api: Api<Node> = Api::all(self.client.clone());
        let number = pods.to_string();
        for node in
            api.list(&ListParams::default()).await?.items.iter().filter(|node| node.name_any().contains(part))
        {
            let patch = json!({"status": {"capacity": {"pods": number}, "allocatable": {"pods": number}}});
            api.patch_status(&node.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await?;
        }
        Ok(())
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        self.api().delete(name, &DeleteParams::background()).await?;
        wait::until("its pods go with it", wait::LONG, async || {
            let left = self.pods(name).await?.len();
            ensure!(left == 0, "{left} pods are left");
            Ok(())
        })
        .await
    }
}

fn facts(pod: &Pod) -> PodFacts {
    let status = pod.status.clone().unwrap_or_default();
    let spec = pod.spec.clone().unwrap_or_default();
    let container = status.container_statuses.iter().flatten().next();
    let ready = status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready");
    PodFacts {
        uid: pod.uid().unwrap_or_default(),
        node: spec.node_name.unwrap_or_default(),
        ip: status.pod_ip.clone().unwrap_or_default(),
        cell: pod.labels().get(CELL_LABEL).cloned().unwrap_or_default(),
        image: spec.containers.first().and_then(|container| container.image.clone()).unwrap_or_default(),
        container: container.and_then(|container| container.container_id.clone()).unwrap_or_default(),
        ready: ready.is_some_and(|condition| condition.status == "True"),
    }
}

/// Confirms as the original product does: the annotation goes from `false` to `true`.
pub(crate) async fn confirmed_by_annotation(world: &World, name: &str) -> Result<()> {
    match world.annotation(name, UPGRADE_CONFIRMED).await?.as_deref() {
        Some("false") => world.annotate(name, UPGRADE_CONFIRMED, "true").await,
        other => bail!("the annotation is {other:?}"),
    }
}
