//! A copy of objects of one or more servers, kept by watches, that tells the instant when they are as wanted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures::StreamExt;
use kube::api::{Api, DynamicObject};
use kube::core::{ApiResource, GroupVersionKind};
use kube::runtime::watcher::{self, Event};
use kube::{Client, ResourceExt};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Between two tries of a watch whose server is away.
const RETRY: Duration = Duration::from_millis(50);

/// Number of the server and name of the object.
pub type Key = (usize, String);
/// What is known of each object: everything but its metadata.
pub type Objects = BTreeMap<Key, Value>;

/// The copy; its watches end when it is dropped.
pub struct Mirror {
    objects: Arc<Mutex<Objects>>,
    changed: watch::Receiver<u64>,
    _watching: JoinSet<()>,
}

impl Mirror {
    /// Watches `kind` of an API group of ours on each of `servers`, in all namespaces.
    pub fn of(servers: &[Client], group: &str, kind: &str, plural: &str) -> Self {
        let gvk = GroupVersionKind::gvk(group, crds::names::VERSION, kind);
        let resource = ApiResource::from_gvk_with_plural(&gvk, plural);
        let objects = Arc::new(Mutex::new(Objects::new()));
        let (sender, changed) = watch::channel(0);
        let mut watching = JoinSet::new();
        for (number, server) in servers.iter().enumerate() {
            let api: Api<DynamicObject> = Api::all_with(server.clone(), &resource);
            watching.spawn(follow(number, api, objects.clone(), sender.clone()));
        }
        Self { objects, changed, _watching: watching }
    }

    /// CafeDeployments of members.
    pub fn workloads(members: &[Client]) -> Self {
        Self::of(members, crds::names::APPS_GROUP, "CafeDeployment", "cafedeployments")
    }

    /// FederatedDeployments of the hub.
    pub fn applications(hub: &Client) -> Self {
        Self::of(
            std::slice::from_ref(hub),
            crds::names::FEDERATION_GROUP,
            "FederatedDeployment",
            "federateddeployments",
        )
    }

    /// Waits until `good` holds; the instant when the last event for it had come.
    pub async fn until(
        &self,
        what: &str,
        limit: Duration,
        good: impl Fn(&Objects) -> bool,
    ) -> Result<Instant> {
        let mut changed = self.changed.clone();
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            changed.mark_unchanged();
            let now = Instant::now();
            if good(&self.objects.lock().unwrap_or_else(PoisonError::into_inner)) {
                return Ok(now);
            }
            if !matches!(tokio::time::timeout_at(deadline, changed.changed()).await, Ok(Ok(()))) {
                bail!("waited {limit:?} in vain for {what}");
            }
        }
    }

    /// Looks at what is known now.
    pub fn look<T>(&self, look: impl FnOnce(&Objects) -> T) -> T {
        look(&self.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn follow(
    number: usize,
    api: Api<DynamicObject>,
    objects: Arc<Mutex<Objects>>,
    changed: watch::Sender<u64>,
) {
    let mut events = watcher::watcher(api, watcher::Config::default()).boxed();
    while let Some(event) = events.next().await {
        if event.is_err() {
            // The watcher tries again by itself; the limit of whoever waits ends a hopeless case.
            tokio::time::sleep(RETRY).await;
        }
        let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Ok(Event::Apply(object) | Event::InitApply(object)) => {
                objects.insert((number, object.name_any()), known(object));
            }
            Ok(Event::Delete(object)) => {
                objects.remove(&(number, object.name_any()));
            }
            Ok(Event::Init | Event::InitDone) | Err(_) => continue,
        }
        drop(objects);
        changed.send_modify(|count| *count += 1);
    }
}

fn known(object: DynamicObject) -> Value {
    let mut data = object.data;
    data["generation"] = object.metadata.generation.into();
    data
}

/// Image of the first container of a CafeDeployment.
pub fn image(workload: &Value) -> &str {
    let pointer = "/spec/template/spec/containers/0/image";
    workload.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a FederatedDeployment has all replicas of its newest form available.
pub fn available(application: &Value, replicas: i64) -> bool {
    let status = &application["status"];
    let count = |field: &str| status[field].as_i64().unwrap_or_default();
    status["observedGeneration"] == application["generation"]
        && ["desiredReplicas", "updatedReplicas", "availableReplicas"].map(count) == [replicas; 3]
}
