//! The nodes of a simulated cluster: always ready, labelled with their cell.

use anyhow::Context;
use crds::names;
use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;

use super::cluster::CellSpec;

/// Creates the nodes of all cells.
pub(super) async fn create(client: &kube::Client, cells: &[CellSpec]) -> anyhow::Result<()> {
    for cell in cells {
        for index in 1..=cell.nodes {
            let name = format!("{}-{index}", cell.name.to_ascii_lowercase());
            create_one(client, &name, cell).await.with_context(|| format!("cannot create node {name}"))?;
        }
    }
    Ok(())
}

async fn create_one(client: &kube::Client, name: &str, cell: &CellSpec) -> anyhow::Result<()> {
    let api: Api<Node> = Api::all(client.clone());
    let node: Node = serde_json::from_value(json!({
        "metadata": {"name": name, "labels": {names::CELL_LABEL: cell.name, "kubernetes.io/hostname": name}},
    }))?;
    api.create(&PostParams::default(), &node).await?;
    let amounts = json!({"cpu": "32", "memory": "128Gi", "pods": cell.pods_per_node.to_string()});
    let status = json!({"status": {
        "capacity": amounts, "allocatable": amounts,
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "simulated"}],
        "nodeInfo": {
            "kubeletVersion": "v1.36.0-simulated", "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "containerd://2.1.0",
            "kernelVersion": "6.1", "kubeProxyVersion": "", "machineID": "", "operatingSystem": "linux", "osImage": "simulated", "systemUUID": ""
        }
    }});
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await?;
    Ok(())
}
