//! The playground's world: the picture of the slides (03 *The playground's world*), and the example application.

use std::collections::BTreeMap;

use anyhow::Context;
use crds::names;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::{Scope, pinned_kind};
use serde::Deserialize;
use serde_json::Value;

use crate::member::CellSpec;

/// Cities, sites, units, cells.
pub const WORLD: &str = include_str!("../../../../deploy/examples/world.yaml");
/// The example application.
pub const SHOP_V1: &str = include_str!("../../../../deploy/examples/shop/v1.yaml");
/// Its next version.
pub const SHOP_V2: &str = include_str!("../../../../deploy/examples/shop/v2.yaml");

/// Nodes of each cell.
const NODES: usize = 2;
/// Pods on each node.
const PODS_PER_NODE: usize = 110;

/// One member cluster of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSpec {
    /// Its name; its site has the same one.
    pub name: String,
    /// Node label values of its cells.
    pub cells: Vec<String>,
}

impl ClusterSpec {
    /// Its cells with their nodes.
    pub fn cell_specs(&self) -> Vec<CellSpec> {
        let cell =
            |name: &String| CellSpec { name: name.clone(), nodes: NODES, pods_per_node: PODS_PER_NODE };
        self.cells.iter().map(cell).collect()
    }
}

/// The member clusters, read from the cells of [`WORLD`]: at most `count` of them, in the order of names.
pub fn clusters(count: usize) -> anyhow::Result<Vec<ClusterSpec>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in documents(WORLD)? {
        if object["kind"] != "DeployUnit" {
            continue;
        }
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        found.entry(text("/spec/cluster")).or_default().push(text("/metadata/name").to_ascii_uppercase());
    }
    Ok(found.into_iter().take(count).map(|(name, cells)| ClusterSpec { name, cells }).collect())
}

/// The documents of a YAML text, as JSON.
pub fn documents(yaml: &str) -> anyhow::Result<Vec<Value>> {
    serde_yaml_ng::Deserializer::from_str(yaml)
        .map(|document| Value::deserialize(document).context("the text is not YAML"))
        .collect()
}

/// Applies all documents of a YAML text, in order.
pub async fn apply(client: &kube::Client, yaml: &str) -> anyhow::Result<()> {
    for object in documents(yaml)? {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        apply_one(client, &name, &object)
            .await
            .with_context(|| format!("cannot apply {} {name}", object["kind"]))?;
    }
    Ok(())
}

async fn apply_one(client: &kube::Client, name: &str, object: &Value) -> anyhow::Result<()> {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
    let (resource, capabilities) =
        pinned_kind(client, &GroupVersionKind::gvk(group, version, text("kind"))).await?;
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
    let api: Api<DynamicObject> = match capabilities.scope {
        Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, &resource),
        Scope::Cluster => Api::all_with(client.clone(), &resource),
    };
    let params = PatchParams::apply(names::CAFE_FEDERATION).force();
    api.patch(name, &params, &Patch::Apply(object)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_that_of_the_slides() {
        let clusters = clusters(10).unwrap();
        let names: Vec<&str> = clusters.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["hz-a", "hz-b", "sh-a"]);
        assert_eq!(clusters[0].cells, ["RZ00A", "RZ01A", "GZ00A", "CZ00A"]);
    }
}
