//! The harness itself, on one real cluster: what the scenarios take for granted is true of it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e_clusters::member::{Cell, Cluster, Options};
use e2e_clusters::process::Command;
use e2e_clusters::tools::Tool;
use e2e_clusters::wait;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{ContainerStatus, Namespace, Node, Pod};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

const GATE: &str = "apps.cafefed.dev/InPlaceReady";

#[tokio::test]
async fn a_member_cluster_does_what_scenarios_take_for_granted() -> Result<()> {
    let cells = [Cell::new("RZ00A", 1), Cell::new("RZ00B", 1)];
    let mut cluster = Cluster::start(Options::member("itself", cells)).await?;
    let client = cluster.client();
    create_namespace(&client, "shop").await?;

    let before = replicaset_runs_in_its_cell(&client).await?;
    let after = image_changes_in_place(&client, &before).await?;
    bad_image_waits_and_keeps_its_predecessor(&client, &after).await?;
    readiness_gates_hold_back_ready(&client).await?;
    a_start_can_be_slow(&client).await?;
    kubectl_talks_to_it(&cluster).await?;
    rbac_refuses_a_stranger(&cluster).await?;

    cluster.restart_apiserver().await?;
    ensure!(pod(&client, &before.name_any()).await?.uid() == before.uid(), "a restart keeps the data");
    cluster.kill9_apiserver()?;
    cluster.start_apiserver().await?;

    namespace_goes_with_all_in_it(&client).await?;
    cluster.finish();
    Ok(())
}

async fn replicaset_runs_in_its_cell(client: &Client) -> Result<Pod> {
    let replicaset: ReplicaSet = serde_json::from_value(json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "nodeSelector": {"ldc.cafefed.dev/cell": "RZ00B"},
                    "containers": [{"name": "web", "image": "shop/web:v1"}, {"name": "side", "image": "side:v1"}],
                },
            },
        },
    }))?;
    Api::namespaced(client.clone(), "shop").create(&PostParams::default(), &replicaset).await?;
    let pods = wait::until("three ready pods of web", wait::LONG, async || {
        let pods = pods(client).await?;
        let ready = pods.iter().filter(|pod| condition(pod, "Ready").0 == "True").count();
        ensure!(ready == 3, "{ready} of {} pods are ready", pods.len());
        Ok(pods)
    })
    .await?;
    let ips: std::collections::BTreeSet<_> = pods.iter().map(ip).collect();
    ensure!(ips.len() == 3 && !ips.contains(""), "each pod has an IP of its own: {ips:?}");
    let side = container(&pods[0], "side")?.image;
    ensure!(side == "docker.io/library/side:v1", "a name without a registry is shown in full: {side}");
    for pod in &pods {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).context("bound")?;
        let node = Api::<Node>::all(client.clone()).get(&node).await?;
        ensure!(node.labels()["ldc.cafefed.dev/cell"] == "RZ00B", "{} runs in its cell", pod.name_any());
        ensure!(pod.status.as_ref().unwrap().observed_generation == pod.metadata.generation);
    }
    Ok(pods[0].clone())
}

async fn image_changes_in_place(client: &Client, before: &Pod) -> Result<Pod> {
    let name = before.name_any();
    set_image(client, &name, "shop/web:v2").await?;
    let after = wait::until("the new image in status", wait::LONG, async || {
        let pod = pod(client, &name).await?;
        let image = container(&pod, "web")?.image;
        ensure!(image == "docker.io/shop/web:v2", "image {image}");
        Ok(pod)
    })
    .await?;
    let (old, new) = (container(before, "web")?, container(&after, "web")?);
    ensure!(before.uid() == after.uid() && ip(before) == ip(&after), "it is the same pod");
    ensure!(old.container_id != new.container_id && new.container_id.is_some(), "it is a new container");
    ensure!(old.image_id != new.image_id, "of another image");
    ensure!((old.restart_count, new.restart_count) == (0, 1), "restarted once");
    let last =
        new.last_state.and_then(|state| state.terminated).context("the old container is remembered")?;
    ensure!(last.container_id == old.container_id);
    ensure!(container(before, "side")? == container(&after, "side")?, "its neighbour is left alone");
    ensure!(condition(&after, "Ready").0 == "True" && phase(&after) == "Running");
    Ok(after)
}

async fn bad_image_waits_and_keeps_its_predecessor(client: &Client, good: &Pod) -> Result<()> {
    let name = good.name_any();
    for bad in ["shop/web:bad", "shop/broken:v3"] {
        set_image(client, &name, bad).await?;
        let waiting = wait::until("ImagePullBackOff", wait::LONG, async || {
            let pod = pod(client, &name).await?;
            let container = container(&pod, "web")?;
            let state = container.state.unwrap_or_default();
            let message = state.waiting.clone().and_then(|waiting| waiting.message).unwrap_or_default();
            ensure!(message.contains(bad), "state {state:?}");
            ensure!(state.waiting.unwrap().reason.as_deref() == Some("ImagePullBackOff"));
            Ok(pod)
        })
        .await?;
        let (was, is) = (container(good, "web")?, container(&waiting, "web")?);
        ensure!(is.container_id == was.container_id && is.image == was.image && is.image_id == was.image_id);
        ensure!(is.last_state.clone().and_then(|state| state.terminated).is_some(), "{:?}", is.last_state);
        ensure!(!is.ready && phase(&waiting) == "Running");
        let (ready, reason) = condition(&waiting, "Ready");
        ensure!((ready, reason) == ("False", "ContainersNotReady"));
    }
    set_image(client, &name, "shop/web:v1").await?;
    wait::until("the first image back", wait::LONG, async || {
        let pod = pod(client, &name).await?;
        let container = container(&pod, "web")?;
        ensure!(container.ready && container.restart_count == 2, "{container:?}");
        ensure!(condition(&pod, "Ready") == ("True", ""), "{:?}", condition(&pod, "Ready"));
        Ok(())
    })
    .await
}

async fn readiness_gates_hold_back_ready(client: &Client) -> Result<()> {
    create_pod(client, "gated", json!({"readinessGates": [{"conditionType": GATE}]}), json!({})).await?;
    let closed = ("False", "ReadinessGatesNotReady");
    wait::until("running, but not ready", wait::LONG, async || {
        let pod = pod(client, "gated").await?;
        ensure!(condition(&pod, "ContainersReady").0 == "True", "containers are not ready");
        ensure!(condition(&pod, "Ready") == closed, "{:?}", condition(&pod, "Ready"));
        Ok(())
    })
    .await?;
    for (gate, wanted) in [("True", ("True", "")), ("False", closed), ("True", ("True", ""))] {
        set_gate(client, "gated", gate).await?;
        wait::until("Ready to follow the gate", wait::LONG, async || {
            let pod = pod(client, "gated").await?;
            ensure!(condition(&pod, GATE).0 == gate, "the gate is left alone");
            ensure!(condition(&pod, "Ready") == wanted, "{:?}", condition(&pod, "Ready"));
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn a_start_can_be_slow(client: &Client) -> Result<()> {
    let delay = json!({"e2e.cafefed.dev/start-delay": "3s"});
    create_pod(client, "slow", json!({}), delay).await?;
    wait::until("slow bound", wait::LONG, async || {
        let pod = pod(client, "slow").await?;
        ensure!(condition(&pod, "PodScheduled").0 == "True", "not bound");
        ensure!(phase(&pod) == "Pending", "started at once");
        Ok(())
    })
    .await?;
    wait::until("slow started", wait::LONG, async || {
        ensure!(phase(&pod(client, "slow").await?) == "Running", "pending");
        Ok(())
    })
    .await
}

async fn kubectl_talks_to_it(cluster: &Cluster) -> Result<()> {
    let kubectl = Tool::Kubectl.find()?;
    let version = Command::new(&kubectl)
        .args(["version", "-o", "json", "--kubeconfig"])
        .arg(cluster.kubeconfig_path())
        .run()
        .await?
        .success()?;
    let version: Value = serde_json::from_str(&version)?;
    ensure!(version["serverVersion"]["minor"].as_str().is_some_and(|minor| minor >= "36"), "{version}");
    Ok(())
}

async fn rbac_refuses_a_stranger(cluster: &Cluster) -> Result<()> {
    let stranger = cluster.kubeconfig_for("stranger", "strangers")?;
    let client = e2e_clusters::member::connect(&stranger).await?;
    let error = Api::<Pod>::namespaced(client, "shop").list(&ListParams::default()).await;
    let error = error.err().context("a stranger may not list pods")?;
    ensure!(matches!(&error, kube::Error::Api(status) if status.code == 403), "{error}");
    Ok(())
}

async fn namespace_goes_with_all_in_it(client: &Client) -> Result<()> {
    let api: Api<Namespace> = Api::all(client.clone());
    api.delete("shop", &DeleteParams::default()).await?;
    wait::until("namespace shop to go", Duration::from_secs(180), async || {
        let left = api.get_opt("shop").await?;
        ensure!(left.is_none(), "{:?}", left.and_then(|namespace| namespace.status));
        ensure!(pods(client).await?.is_empty(), "pods are left");
        Ok(())
    })
    .await
}

async fn create_namespace(client: &Client, name: &str) -> Result<()> {
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": name}}))?;
    Api::all(client.clone()).create(&PostParams::default(), &namespace).await?;
    wait::until("its service account", wait::LONG, async || {
        let api: Api<k8s_openapi::api::core::v1::ServiceAccount> = Api::namespaced(client.clone(), name);
        Ok(api.get("default").await.map(|_| ())?)
    })
    .await
}

async fn create_pod(client: &Client, name: &str, extra: Value, annotations: Value) -> Result<()> {
    let mut pod = json!({
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"containers": [{"name": "web", "image": "shop/web:v1"}]},
    });
    if let (Some(spec), Value::Object(extra)) = (pod["spec"].as_object_mut(), extra) {
        spec.extend(extra);
    }
    let pod: Pod = serde_json::from_value(pod)?;
    Api::namespaced(client.clone(), "shop").create(&PostParams::default(), &pod).await?;
    Ok(())
}

async fn set_image(client: &Client, pod: &str, image: &str) -> Result<()> {
    let patch = json!({"spec": {"containers": [{"name": "web", "image": image}]}});
    let api: Api<Pod> = Api::namespaced(client.clone(), "shop");
    api.patch(pod, &PatchParams::default(), &Patch::Strategic(patch)).await?;
    Ok(())
}

async fn set_gate(client: &Client, pod: &str, status: &str) -> Result<()> {
    let patch = json!({"status": {"conditions": [{"type": GATE, "status": status}]}});
    let api: Api<Pod> = Api::namespaced(client.clone(), "shop");
    api.patch_status(pod, &PatchParams::default(), &Patch::Strategic(patch)).await?;
    Ok(())
}

async fn pod(client: &Client, name: &str) -> Result<Pod> {
    Ok(Api::namespaced(client.clone(), "shop").get(name).await?)
}

async fn pods(client: &Client) -> Result<Vec<Pod>> {
    Ok(Api::namespaced(client.clone(), "shop").list(&ListParams::default()).await?.items)
}

fn container(pod: &Pod, name: &str) -> Result<ContainerStatus> {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let statuses: BTreeMap<_, _> = statuses.map(|status| (status.name.clone(), status.clone())).collect();
    statuses.get(name).cloned().with_context(|| format!("no status of container {name}"))
}

/// Status and reason of a condition; empty where there is none.
fn condition<'a>(pod: &'a Pod, kind: &str) -> (&'a str, &'a str) {
    let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let found = conditions.find(|condition| condition.type_ == kind);
    found.map_or(("", ""), |found| (found.status.as_str(), found.reason.as_deref().unwrap_or("")))
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("")
}

fn ip(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()).unwrap_or("")
}

#[tokio::test]
async fn three_start_side_by_side_and_two_kinds_without_nodes() -> Result<()> {
    let members = ["one", "two"].map(|name| Options::member(name, [Cell::new("RZ01A", 1)]));
    let kinds = members.into_iter().chain([Options::plain("plain"), Options::bare("bare")]);
    let clusters = Cluster::start_all(kinds).await?;
    for cluster in &clusters {
        let nodes = Api::<Node>::all(cluster.client()).list(&ListParams::default()).await?.items.len();
        let expected = usize::from(["one", "two"].contains(&cluster.name()));
        ensure!(nodes == expected, "{} has {nodes} nodes", cluster.name());
        create_plain_namespace(cluster, "shop").await?;
    }
    let urls: std::collections::BTreeSet<_> = clusters.iter().map(Cluster::url).collect();
    ensure!(urls.len() == 4, "{urls:?}");
    clusters.into_iter().for_each(Cluster::finish);
    Ok(())
}

async fn create_plain_namespace(cluster: &Cluster, name: &str) -> Result<()> {
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": name}}))?;
    Api::all(cluster.client()).create(&PostParams::default(), &namespace).await?;
    Ok(())
}
