//! Watches nodes and pods of this cluster and reports its room to the hub when it changed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crds::federation::{CellCapacity, MemberCluster};
use crds::names;
use futures::StreamExt;
use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::json;
use tokio::sync::Notify;
use tracing::debug;

use super::capacity::{NodeRoom, PodRequest, cells};
use super::quantity::parse_quantity;

/// The newest picture of this cluster.
#[derive(Default)]
pub struct Reporter {
    picture: Mutex<Picture>,
    changed: Notify,
}

#[derive(Default)]
struct Picture {
    version: String,
    nodes: BTreeMap<String, NodeRoom>,
    pods: BTreeMap<String, (String, PodRequest)>,
}

/// The least time between two reports: room changes with every pod, and nobody needs each step.
const PAUSE: Duration = Duration::from_secs(5);
/// Objects per page of a list: memory of a start does not grow with the cluster.
const PAGE: u32 = 100;

impl Reporter {
    /// Follows the cluster for ever.
    pub async fn follow(&self, member: kube::Client) {
        tokio::join!(self.ask_version(&member), self.follow_nodes(&member), self.follow_pods(&member));
    }

    async fn ask_version(&self, member: &kube::Client) {
        loop {
            match member.apiserver_version().await {
                Ok(version) => {
                    let mut picture = self.lock();
                    if picture.version != version.git_version {
                        picture.version = version.git_version;
                        self.changed.notify_one();
                    }
                }
                Err(error) => debug!(error = %error, "this cluster's version is not to be had"),
            }
            let known = !self.lock().version.is_empty();
            tokio::time::sleep(Duration::from_secs(if known { 600 } else { 2 })).await;
        }
    }

    async fn follow_nodes(&self, member: &kube::Client) {
        let mut events =
            watcher(Api::<Node>::all(member.clone()), watcher::Config::default().page_size(PAGE))
                .default_backoff()
                .boxed();
        while let Some(event) = events.next().await {
            let mut picture = self.lock();
            match event {
                Ok(Event::Init) => picture.nodes.clear(),
                Ok(Event::InitApply(node) | Event::Apply(node)) => {
                    picture.nodes.insert(node.name_any(), room(&node));
                }
                Ok(Event::Delete(node)) => {
                    picture.nodes.remove(&node.name_any());
                }
                Ok(Event::InitDone) | Err(_) => {}
            }
            self.changed.notify_one();
        }
    }

    async fn follow_pods(&self, member: &kube::Client) {
        let placed =
            watcher::Config::default().fields("status.phase!=Succeeded,status.phase!=Failed").page_size(PAGE);
        let mut events = watcher(Api::<Pod>::all(member.clone()), placed).default_backoff().boxed();
        while let Some(event) = events.next().await {
            let mut picture = self.lock();
            match event {
                Ok(Event::Init) => picture.pods.clear(),
                Ok(Event::InitApply(pod) | Event::Apply(pod)) => {
                    let node = pod.spec.as_ref().and_then(|s| s.node_name.clone());
                    match node {
                        Some(node) => {
                            picture.pods.insert(pod.uid().unwrap_or_default(), (node, request(&pod)))
                        }
                        None => continue,
                    };
                }
                Ok(Event::Delete(pod)) => {
                    picture.pods.remove(&pod.uid().unwrap_or_default());
                }
                Ok(Event::InitDone) | Err(_) => {}
            }
            self.changed.notify_one();
        }
    }

    /// Reports to the hub while the session lasts; ends when the hub does not take a report.
    pub async fn send(&self, hub: kube::Client, cluster: &str) -> Result<(), kube::Error> {
        let api: Api<MemberCluster> = Api::all(hub);
        let mut sent = None;
        loop {
            let changed = self.changed.notified();
            let report = self.report();
            if report.is_some() && report != sent {
                let params = PatchParams {
                    field_manager: Some(names::AGENT_MANAGER.into()),
                    ..PatchParams::default()
                };
                api.patch_status(cluster, &params, &Patch::Merge(json!({"status": report}))).await?;
                sent = report;
            }
            changed.await;
            tokio::time::sleep(if sent.is_some() { PAUSE } else { Duration::from_millis(100) }).await;
        }
    }

    /// The agent's part of the member's status; `None` before the cluster has said anything.
    fn report(&self) -> Option<serde_json::Value> {
        let picture = self.lock();
        if picture.version.is_empty() {
            return None;
        }
        let pods = picture.pods.values().map(|(node, request)| (node.as_str(), *request));
        let cells: Vec<CellCapacity> = cells(&picture.nodes, pods);
        let names: Vec<&str> = cells.iter().map(|c| c.name.as_str()).collect();
        Some(json!({
            "kubernetesVersion": picture.version,
            "agentVersion": env!("CARGO_PKG_VERSION"),
            "nodes": picture.nodes.len(),
            "cellNames": names.join(","),
            "cells": cells,
        }))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn room(node: &Node) -> NodeRoom {
    let status = node.status.as_ref();
    let ready = status
        .and_then(|s| s.conditions.as_ref())
        .is_some_and(|c| c.iter().any(|c| c.type_ == "Ready" && c.status == "True"));
    let schedulable = node.spec.as_ref().is_none_or(|s| s.unschedulable != Some(true));
    let allocatable = status.and_then(|s| s.allocatable.as_ref());
    let amount = |resource: &'static str| {
        let amount = allocatable.and_then(|a| a.get(resource)).and_then(|q| parse_quantity(&q.0));
        (resource, amount.unwrap_or_default())
    };
    NodeRoom {
        cell: node.labels().get(names::CELL_LABEL).cloned(),
        ready: ready && schedulable,
        allocatable: ["cpu", "memory", "pods"].map(amount).into(),
    }
}

fn request(pod: &Pod) -> PodRequest {
    let mut sum = PodRequest::default();
    let containers = pod.spec.as_ref().map(|s| s.containers.as_slice()).unwrap_or_default();
    for requests in containers.iter().filter_map(|c| c.resources.as_ref()?.requests.as_ref()) {
        let amount = |resource: &str| {
            requests.get(resource).and_then(|q: &ApiQuantity| parse_quantity(&q.0)).unwrap_or_default()
        };
        sum.cpu += amount("cpu");
        sum.memory += amount("memory");
    }
    sum
}
