//! The nodes of a cluster, by cell.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use kube::api::{Api, ListParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::json;

use super::Options;

/// The label that says which cell a node belongs to (design 02).
pub const CELL_LABEL: &str = "ldc.cafefed.dev/cell";

/// One cell in a cluster and the size of its nodes.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The cell's name, such as `RZ00A`.
    pub name: String,
    /// How many nodes it has here.
    pub nodes: u32,
    /// How many pods fit on each node.
    pub pods_per_node: u32,
    /// CPU of each node, a Kubernetes quantity.
    pub cpu: String,
    /// Memory of each node, a Kubernetes quantity.
    pub memory: String,
}

impl Cell {
    /// A cell with ordinary nodes: 110 pods, 64 CPUs, 256 GiB each.
    pub fn new(name: &str, nodes: u32) -> Self {
        Self { name: name.to_owned(), nodes, pods_per_node: 110, cpu: "64".into(), memory: "256Gi".into() }
    }

    /// Changes how many pods fit on each node.
    #[must_use]
    pub fn pods_per_node(mut self, pods: u32) -> Self {
        self.pods_per_node = pods;
        self
    }
}

/// Makes the nodes, without a kubelet's word about them yet.
pub(super) async fn create(client: &Client, options: &Options) -> Result<()> {
    let api: Api<Node> = Api::all(client.clone());
    for cell in &options.cells {
        for index in 0..cell.nodes {
            let node = node(&options.name, cell, index)?;
            let name = node.name_any();
            api.create(&PostParams::default(), &node).await.with_context(|| format!("create node {name}"))?;
        }
    }
    Ok(())
}

fn node(cluster: &str, cell: &Cell, index: u32) -> Result<Node> {
    let name = format!("{cluster}-{}-{index}", cell.name.to_lowercase());
    let resources = json!({"cpu": cell.cpu, "memory": cell.memory, "pods": cell.pods_per_node.to_string()});
    let node = json!({
        "metadata": {
            "name": name,
            "labels": {CELL_LABEL: cell.name, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"},
        },
        "status": {"capacity": resources, "allocatable": resources},
    });
    serde_json::from_value(node).context("make a node")
}

/// An error unless exactly `count` nodes are there and ready.
pub(super) async fn check_ready(client: &Client, count: u32) -> Result<()> {
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await?;
    let ready = nodes.items.iter().filter(|node| is_ready(node)).count();
    ensure!(ready == count as usize, "{ready} of {count} nodes are ready");
    Ok(())
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// An error until pods can be made in namespace `default`: they need its service account.
pub(super) async fn check_service_account(client: &Client) -> Result<()> {
    let api: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    api.get("default").await.context("get service account default/default")?;
    Ok(())
}
