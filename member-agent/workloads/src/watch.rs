//! One watch per kind; every event goes into the world, trimmed, and makes its owners due.

use std::sync::Arc;

use crds::apps::{CafeDeployment, InPlaceSet};
use crds::names::CAFEDEPLOYMENT_LABEL;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{ControllerRevision, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use crate::convert;
use crate::queue::Task;
use crate::reconcile::Context;
use crate::world::{Kept, Key, PodEntry, World};

/// Objects per page of a list: memory of a start does not grow with the cluster.
const PAGE: u32 = 100;

/// A kind that is kept as it is.
trait Watched:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + std::fmt::Debug
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    const OF_APPLICATIONS: bool;
    fn kept(world: &mut World) -> &mut Kept<Self>;
    fn trim(&mut self);
    fn due(&self) -> Vec<Task>;
}

fn trim_metadata(metadata: &mut ObjectMeta) {
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        // kubectl's copy of the whole manifest: nobody decides by it.
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

fn application_of<K: Resource>(object: &K) -> Option<Key> {
    let name = object.labels().get(CAFEDEPLOYMENT_LABEL)?;
    Some(Key::new(object.namespace().unwrap_or_default(), name))
}

fn key_of<K: Resource>(object: &K) -> Key {
    Key::new(object.namespace().unwrap_or_default(), object.name_any())
}

impl Watched for CafeDeployment {
    const OF_APPLICATIONS: bool = false;
    fn kept(world: &mut World) -> &mut Kept<Self> {
        &mut world.deployments
    }
    fn trim(&mut self) {
        trim_metadata(&mut self.metadata);
    }
    fn due(&self) -> Vec<Task> {
        vec![Task::Deployment(key_of(self))]
    }
}

impl Watched for InPlaceSet {
    const OF_APPLICATIONS: bool = false;
    fn kept(world: &mut World) -> &mut Kept<Self> {
        &mut world.sets
    }
    fn trim(&mut self) {
        trim_metadata(&mut self.metadata);
    }
    fn due(&self) -> Vec<Task> {
        let application = application_of(self).map(Task::Deployment);
        [Task::Set(key_of(self))].into_iter().chain(application).collect()
    }
}

impl Watched for ReplicaSet {
    const OF_APPLICATIONS: bool = true;
    fn kept(world: &mut World) -> &mut Kept<Self> {
        &mut world.replica_sets
    }
    fn trim(&mut self) {
        trim_metadata(&mut self.metadata);
        self.status = None;
        if let Some(spec) = &mut self.spec {
            // What it was made with follows from its revision; only its number is decided upon.
            spec.template = None;
        }
    }
    fn due(&self) -> Vec<Task> {
        application_of(self).map(Task::Deployment).into_iter().collect()
    }
}

impl Watched for ControllerRevision {
    const OF_APPLICATIONS: bool = true;
    fn kept(world: &mut World) -> &mut Kept<Self> {
        &mut world.records
    }
    fn trim(&mut self) {
        trim_metadata(&mut self.metadata);
        // Read when a rollback or a lost pod needs it.
        self.data = None;
    }
    fn due(&self) -> Vec<Task> {
        application_of(self).map(Task::Deployment).into_iter().collect()
    }
}

/// Puts an object that a write returned where the watch would put it.
pub(crate) fn note_deployment(context: &Context, object: CafeDeployment) {
    note(context, object);
}

/// Puts an object that a write returned where the watch would put it.
pub(crate) fn note_set(context: &Context, object: InPlaceSet) {
    note(context, object);
}

/// Puts an object that a write returned where the watch would put it.
pub(crate) fn note_replica_set(context: &Context, object: ReplicaSet) {
    note(context, object);
}

/// Puts an object that a write returned where the watch would put it.
pub(crate) fn note_record(context: &Context, object: ControllerRevision) {
    note(context, object);
}

fn note<K: Watched>(context: &Context, mut object: K) {
    object.trim();
    let due = object.due();
    if context.world.with(|world| K::kept(world).apply(object)) {
        due.into_iter().for_each(|task| context.queue.push(task));
    }
}

/// Puts a pod that a write returned where the watch would put it.
pub(crate) fn note_pod(context: &Context, pod: &Pod) {
    if let Some(entry) = convert::pod_entry(pod) {
        let due = pod_tasks(&entry);
        if context.world.with(|world| world.pods.apply(entry)) {
            due.into_iter().for_each(|task| context.queue.push(task));
        }
    }
}

fn pod_tasks(entry: &PodEntry) -> Vec<Task> {
    let namespace = &entry.application.namespace;
    let set = entry.in_place.then(|| Task::Set(Key::new(namespace, &entry.view.set)));
    set.into_iter().chain([Task::Deployment(entry.application.clone())]).collect()
}

fn config(of_applications: bool) -> watcher::Config {
    let config = watcher::Config::default().page_size(PAGE);
    if of_applications { config.labels(CAFEDEPLOYMENT_LABEL) } else { config }
}

/// Watches one kind for ever; `synced` is told when its first list is whole.
async fn keep<K: Watched>(context: Arc<Context>, synced: tokio::sync::mpsc::Sender<()>) {
    let api: Api<K> = context.api();
    let mut events = watcher::watcher(api, config(K::OF_APPLICATIONS)).default_backoff().boxed();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => take(&context, event, &synced),
            Ok(None) => return,
            Err(error) => tracing::warn!(kind = %K::kind(&()), %error, "watch failed; trying again"),
        }
    }
}

fn take<K: Watched>(context: &Context, event: Event<K>, synced: &tokio::sync::mpsc::Sender<()>) {
    match event {
        Event::Apply(object) => note(context, object),
        Event::Delete(object) => {
            if context.world.with(|world| K::kept(world).delete(&object)) {
                object.due().into_iter().for_each(|task| context.queue.push(task));
            }
        }
        Event::Init => context.world.with(|world| K::kept(world).begin_list()),
        Event::InitApply(mut object) => {
            object.trim();
            context.world.with(|world| K::kept(world).list(object));
        }
        Event::InitDone => {
            let touched = context.world.with(|world| K::kept(world).end_list());
            for object in touched {
                object.due().into_iter().for_each(|task| context.queue.push(task));
            }
            // A full channel means that it was told already.
            let _ = synced.try_send(());
        }
    }
}

async fn keep_pods(context: Arc<Context>, synced: tokio::sync::mpsc::Sender<()>) {
    let api: Api<Pod> = context.api();
    let mut events = watcher::watcher(api, config(true)).default_backoff().boxed();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => take_pod(&context, event, &synced),
            Ok(None) => return,
            Err(error) => tracing::warn!(kind = "Pod", %error, "watch failed; trying again"),
        }
    }
}

fn take_pod(context: &Context, event: Event<Pod>, synced: &tokio::sync::mpsc::Sender<()>) {
    match event {
        Event::Apply(pod) => note_pod(context, &pod),
        Event::Delete(pod) => {
            let Some(entry) = convert::pod_entry(&pod) else { return };
            let (name, uid) = (&entry.view.name, &entry.view.uid);
            context.world.with(|world| world.pods.delete(&entry.application, name, uid));
            pod_tasks(&entry).into_iter().for_each(|task| context.queue.push(task));
        }
        Event::Init => context.world.with(|world| world.pods.begin_list()),
        Event::InitApply(pod) => {
            if let Some(entry) = convert::pod_entry(&pod) {
                context.world.with(|world| world.pods.list(entry));
            }
        }
        Event::InitDone => {
            for entry in context.world.with(|world| world.pods.end_list()) {
                pod_tasks(&entry).into_iter().for_each(|task| context.queue.push(task));
            }
            let _ = synced.try_send(());
        }
    }
}

/// Starts all watches in `tasks` and waits until each has listed once.
pub(crate) async fn start(context: &Arc<Context>, tasks: &mut tokio::task::JoinSet<()>) {
    const KINDS: usize = 5;
    let mut heard = Vec::with_capacity(KINDS);
    let mut channel = || {
        let (tell, hear) = tokio::sync::mpsc::channel(1);
        heard.push(hear);
        tell
    };
    tasks.spawn(keep::<CafeDeployment>(Arc::clone(context), channel()));
    tasks.spawn(keep::<InPlaceSet>(Arc::clone(context), channel()));
    tasks.spawn(keep::<ReplicaSet>(Arc::clone(context), channel()));
    tasks.spawn(keep::<ControllerRevision>(Arc::clone(context), channel()));
    tasks.spawn(keep_pods(Arc::clone(context), channel()));
    for hear in &mut heard {
        // `None` means that the watch ended with the program.
        let _ = hear.recv().await;
    }
}
