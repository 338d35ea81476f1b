//! Carries out what the kubelet core says: binds pods, writes their statuses, removes them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::json;
use tokio::time::Instant;
use tracing::debug;

use crate::kubelet::{Delays, Machine, Next, next, place};

type Key = (String, String);

/// Runs for ever.
pub(super) async fn run(client: kube::Client, delays: Delays) {
    let mut nodes =
        watcher(Api::<Node>::all(client.clone()), watcher::Config::default()).default_backoff().boxed();
    let mut pods =
        watcher(Api::<Pod>::all(client.clone()), watcher::Config::default()).default_backoff().boxed();
    let mut cluster = Kubelet::new(client, delays);
    loop {
        let wake = cluster.due.values().min().copied();
        tokio::select! {
            Some(event) = nodes.next() => cluster.note_node(event),
            Some(event) = pods.next() => cluster.note_pod(event),
            () = sleep_until(wake) => {}
        }
        cluster.act().await;
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

struct Kubelet {
    client: kube::Client,
    delays: Delays,
    nodes: BTreeMap<String, Machine>,
    pods: BTreeMap<Key, Pod>,
    due: BTreeMap<Key, Instant>,
    addresses: BTreeMap<String, u32>,
    /// When a delay began, by uid and generation.
    started: BTreeMap<String, Instant>,
}

/// How long after a failure a pod is looked at again.
const RETRY: Duration = Duration::from_millis(200);
/// How long a pod that fits nowhere waits before it is tried again.
const UNPLACED: Duration = Duration::from_millis(500);

impl Kubelet {
    fn new(client: kube::Client, delays: Delays) -> Self {
        Self {
            client,
            delays,
            nodes: BTreeMap::new(),
            pods: BTreeMap::new(),
            due: BTreeMap::new(),
            addresses: BTreeMap::new(),
            started: BTreeMap::new(),
        }
    }

    fn note_node(&mut self, event: Result<Event<Node>, watcher::Error>) {
        match event {
            Ok(Event::InitApply(node) | Event::Apply(node)) => {
                let pods_max = node
                    .status
                    .as_ref()
                    .and_then(|s| s.allocatable.as_ref())
                    .and_then(|a| a.get("pods"))
                    .and_then(|q| q.0.parse().ok());
                let machine = Machine {
                    labels: node.labels().clone(),
                    pods_max: pods_max.unwrap_or(0),
                    pods: 0,
                    cordoned: node.spec.as_ref().is_some_and(|s| s.unschedulable == Some(true)),
                };
                self.nodes.insert(node.name_any(), machine);
                self.wake_unplaced();
            }
            Ok(Event::Delete(node)) => {
                self.nodes.remove(&node.name_any());
            }
            Ok(Event::Init | Event::InitDone) => {}
            Err(error) => debug!(%error, "the watch of nodes broke; it starts again"),
        }
    }

    fn note_pod(&mut self, event: Result<Event<Pod>, watcher::Error>) {
        match event {
            Ok(Event::InitApply(pod) | Event::Apply(pod)) => {
                let key = key(&pod);
                self.pods.insert(key.clone(), pod);
                self.due.insert(key, Instant::now());
            }
            Ok(Event::Delete(pod)) => {
                let key = key(&pod);
                self.pods.remove(&key);
                self.due.remove(&key);
                self.wake_unplaced();
            }
            Ok(Event::Init | Event::InitDone) => {}
            Err(error) => debug!(%error, "the watch of pods broke; it starts again"),
        }
    }

    fn wake_unplaced(&mut self) {
        let now = Instant::now();
        for (key, pod) in &self.pods {
            if node_of(pod).is_none() {
                self.due.insert(key.clone(), now);
            }
        }
    }

    /// Handles all pods that are due.
    async fn act(&mut self) {
        let now = Instant::now();
        let due: Vec<Key> =
            self.due.iter().filter(|(_, at)| **at <= now).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.due.remove(&key);
            let Some(pod) = self.pods.get(&key).cloned() else { continue };
            match self.step(&key, &pod).await {
                Ok(Some(again)) => {
                    self.due.insert(key, Instant::now() + again);
                }
                Ok(None) => {}
                Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {}
                Err(error) => {
                    debug!(pod = key.1, %error, "a pod could not be brought on; trying again");
                    self.due.insert(key, Instant::now() + RETRY);
                }
            }
        }
    }

    async fn step(&mut self, key: &Key, pod: &Pod) -> Result<Option<Duration>, kube::Error> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &key.0);
        if node_of(pod).is_none() && pod.metadata.deletion_timestamp.is_none() {
            return self.bind(&api, pod).await;
        }
        let address = self.address(pod);
        match next(pod, &address, self.delays, Timestamp::now()) {
            Next::Nothing => Ok(None),
            Next::Remove => {
                let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
                api.delete(&key.1, &now).await.map(|_| None)
            }
            Next::Status { after, status } => {
                let waited = self.waited(pod, after);
                if !waited.is_zero() {
                    return Ok(Some(waited));
                }
                let body = json!({"metadata": {"resourceVersion": pod.resource_version()}, "status": status});
                let written = api.patch_status(&key.1, &PatchParams::default(), &Patch::Merge(body)).await?;
                self.pods.insert(key.clone(), written);
                Ok(None)
            }
        }
    }

    /// What is left of a delay that began with the newest change of the pod's spec as this kubelet saw it.
    fn waited(&mut self, pod: &Pod, after: Duration) -> Duration {
        let uid =
            format!("{}/{}", pod.uid().unwrap_or_default(), pod.metadata.generation.unwrap_or_default());
        if after.is_zero() {
            return Duration::ZERO;
        }
        let now = Instant::now();
        let since = *self.started.entry(uid.clone()).or_insert(now);
        let left = (since + after).saturating_duration_since(now);
        if left.is_zero() {
            self.started.remove(&uid);
        }
        left
    }

    async fn bind(&mut self, api: &Api<Pod>, pod: &Pod) -> Result<Option<Duration>, kube::Error> {
        let Some(spec) = &pod.spec else { return Ok(None) };
        let mut machines = self.nodes.clone();
        for node in self.pods.values().filter_map(node_of) {
            if let Some(machine) = machines.get_mut(node) {
                machine.pods += 1;
            }
        }
        match place(spec, &machines) {
            Ok(node) => {
                let body = json!({"spec": {"nodeName": node}});
                let bound = api.patch(&pod.name_any(), &PatchParams::default(), &Patch::Merge(body)).await?;
                self.pods.insert(key(&bound), bound);
                Ok(Some(Duration::ZERO))
            }
            Err(message) => {
                self.say_unschedulable(api, pod, &message).await?;
                Ok(Some(UNPLACED))
            }
        }
    }

    async fn say_unschedulable(
        &mut self,
        api: &Api<Pod>,
        pod: &Pod,
        message: &str,
    ) -> Result<(), kube::Error> {
        let said = pod.status.as_ref().and_then(|s| s.conditions.as_ref()).is_some_and(|c| {
            c.iter().any(|c| c.type_ == "PodScheduled" && c.message.as_deref() == Some(message))
        });
        if said {
            return Ok(());
        }
        let condition = json!({
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
            "lastTransitionTime": Timestamp::now().to_string(),
        });
        let body = json!({"status": {"conditions": [condition]}});
        api.patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Strategic(body)).await.map(|_| ())
    }

    fn address(&mut self, pod: &Pod) -> String {
        if let Some(address) = pod.status.as_ref().and_then(|s| s.pod_ip.clone()) {
            return address;
        }
        let number = u32::try_from(self.addresses.len()).unwrap_or_default() + 1;
        let number = *self.addresses.entry(pod.uid().unwrap_or_default()).or_insert(number);
        format!("10.244.{}.{}", number / 250 % 250, number % 250 + 1)
    }
}

fn key(pod: &Pod) -> Key {
    (pod.namespace().unwrap_or_default(), pod.name_any())
}

fn node_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}
