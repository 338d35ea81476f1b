//! One pass over one object: look, ask the core, carry out.

mod deployment;
mod edit;
mod history;
mod pod;
mod set;
mod sets;

use crds::names::AGENT_MANAGER;
pub(crate) use deployment::deployment;
use k8s_openapi::NamespaceResourceScope;
use kube::api::PatchParams;
use kube::runtime::events::Recorder;
use kube::{Api, Client, Resource};
pub(crate) use set::set;

use crate::events;
use crate::queue::{Queue, Task};
use crate::run::Options;
use crate::world::Shared;

/// What every pass works with.
pub(crate) struct Context {
    /// The cluster.
    pub client: Client,
    /// What was seen of it.
    pub world: Shared,
    /// What is to be looked at.
    pub queue: Queue,
    /// Templates of older revisions that were read.
    pub templates: history::Templates,
    /// Sender of events.
    pub recorder: Recorder,
    options: Options,
}

impl Context {
    /// An empty world.
    pub(crate) fn new(client: Client, options: Options) -> Self {
        Self {
            recorder: events::recorder(client.clone(), options.instance.clone()),
            client,
            world: Shared::default(),
            queue: Queue::default(),
            templates: history::Templates::default(),
            options,
        }
    }

    /// The trace that an object was brought by.
    pub(crate) fn traceparent(&self, task: &Task) -> Option<String> {
        self.world.with(|world| {
            let annotations = match task {
                Task::Deployment(key) => world.deployments.get(key)?.metadata.annotations.clone(),
                Task::Set(key) => world.sets.get(key)?.metadata.annotations.clone(),
            };
            annotations?.remove(crds::names::TRACEPARENT)
        })
    }

    /// Waits while the member is suspended.
    pub(crate) async fn may_write(&self) {
        if let Some(suspended) = &self.options.suspended {
            // An error means that nobody can suspend it any more.
            let _ = suspended.clone().wait_for(|suspended| !suspended).await;
        }
    }

    /// All objects of a kind that these controllers look after.
    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match &self.options.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }
}

fn apply() -> PatchParams {
    PatchParams::apply(AGENT_MANAGER).force()
}

fn change() -> PatchParams {
    PatchParams { field_manager: Some(AGENT_MANAGER.to_owned()), ..PatchParams::default() }
}
