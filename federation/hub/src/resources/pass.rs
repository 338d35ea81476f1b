//! One pass over one resource: decide, carry it out, write down what is seen.

use std::sync::Arc;
use std::time::Duration;

use crds::federation::{FederatedResource, FederatedResourceStatus, Work};
use crds::names;
use futures::future::try_join_all;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ListParams, Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::json;
use tracing::warn;

use super::decide::{Decision, Input, decide};
use crate::applications::{Note, PassError};
use crate::observe::{ObjectKey, Snapshot, Subject, World};
use crate::status_patch;
use crate::templates::Shelf;
use crate::works::{Source, Writer};

/// When a source is looked at again whose Works are not gone: what the cache has not seen yet.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Passes over resources.
pub struct Controller {
    client: Client,
    world: Arc<World>,
    shelf: Arc<Shelf>,
    writer: Writer,
    recorder: Recorder,
}

impl Controller {
    /// A controller.
    pub fn new(client: Client, world: Arc<World>, shelf: Arc<Shelf>, recorder: Recorder) -> Self {
        let writer = Writer::new(client.clone(), world.clone());
        Self { client, world, shelf, writer, recorder }
    }

    /// One pass; says when to look again if nothing else wakes the resource.
    pub async fn pass(&self, key: &ObjectKey) -> Result<Option<Duration>, PassError> {
        let snapshot = self.world.resource(key);
        let subject = Subject::Resource(key.clone());
        let source = match &snapshot.source {
            Some(resource) => Source::of(subject, resource.as_ref()),
            None => Source { subject, traceparent: String::new() },
        };
        let is_declared = |cluster: &model::ClusterName| snapshot.fleet.fleet.clusters.contains_key(cluster);
        self.writer.let_go(&source, &snapshot.works, is_declared).await?;
        // Without a source nothing more is done: absence deletes nothing (I21).
        let Some(resource) = snapshot.source.clone() else { return Ok(None) };
        if resource.metadata.deletion_timestamp.is_some() {
            return self.leave(&resource, &source, &snapshot).await;
        }
        let decision = self.decide(&resource, &snapshot).await?;
        self.execute(&resource, &source, &snapshot, &decision).await?;
        Ok(None)
    }

    async fn decide(
        &self,
        resource: &FederatedResource,
        snapshot: &Snapshot<FederatedResource>,
    ) -> Result<Decision, PassError> {
        let now = Timestamp::now();
        loop {
            let object = &|name: &str| self.shelf.known_object(name);
            let decided =
                decide(&Input { resource, works: &snapshot.works, fleet: &snapshot.fleet, object, now });
            match decided {
                Ok(decision) => return Ok(decision),
                Err(names) => {
                    try_join_all(names.0.iter().map(|name| self.shelf.read_object(name))).await?;
                }
            }
        }
    }

    async fn execute(
        &self,
        resource: &FederatedResource,
        source: &Source,
        snapshot: &Snapshot<FederatedResource>,
        decision: &Decision,
    ) -> Result<(), PassError> {
        let plan = &decision.works;
        let templates = async {
            try_join_all(decision.templates.iter().map(|template| self.shelf.ensure(template))).await?;
            Ok::<_, PassError>(())
        };
        let hold = async {
            if plan.apply.is_empty() || resource.finalizers().iter().any(|name| name == names::HUB_FINALIZER)
            {
                return Ok(resource.resource_version());
            }
            let mut finalizers = resource.finalizers().to_vec();
            finalizers.push(names::HUB_FINALIZER.to_owned());
            let held = self.set_finalizers(resource, &finalizers).await?;
            let version = held.resource_version();
            self.world.put(held);
            Ok(version)
        };
        let (version, ()) = futures::try_join!(hold, templates)?;
        self.writer.apply_all(source, &plan.apply).await?;
        for (cluster, policy) in &plan.delete {
            if let Some(work) = snapshot.works.get(cluster) {
                self.writer.delete(source, cluster, work, *policy).await?;
            }
        }
        self.store(resource, version, &decision.status).await?;
        for note in &decision.notes {
            self.tell(resource, note).await;
        }
        Ok(())
    }

    async fn leave(
        &self,
        resource: &FederatedResource,
        source: &Source,
        snapshot: &Snapshot<FederatedResource>,
    ) -> Result<Option<Duration>, PassError> {
        if !resource.finalizers().iter().any(|name| name == names::HUB_FINALIZER) {
            return Ok(None);
        }
        for (cluster, work) in &snapshot.works {
            self.writer.delete(source, cluster, work, resource.spec.deletion_policy).await?;
        }
        if !snapshot.works.is_empty() {
            return Ok(None);
        }
        // The cache may be late; the server is not.
        let labels = format!(
            "{}=FederatedResource,{}={},{}={}",
            names::SOURCE_KIND,
            names::SOURCE_NAMESPACE,
            resource.namespace().unwrap_or_default(),
            names::SOURCE_NAME,
            resource.name_any()
        );
        let params = ListParams::default().labels(&labels).limit(1);
        let left = Api::<Work>::all(self.client.clone()).list_metadata(&params).await;
        let left = left.map_err(|error| failed("list the Works of", resource, error))?;
        if !left.items.is_empty() {
            return Ok(Some(LOOK_AGAIN));
        }
        let others = resource.finalizers().iter().filter(|name| *name != names::HUB_FINALIZER).cloned();
        match self.set_finalizers(resource, &others.collect::<Vec<_>>()).await {
            Err(PassError::Source { source: kube::Error::Api(status), .. }) if status.is_not_found() => {
                Ok(None)
            }
            other => other.map(|_| None),
        }
    }

    async fn set_finalizers(
        &self,
        resource: &FederatedResource,
        finalizers: &[String],
    ) -> Result<FederatedResource, PassError> {
        let body =
            json!({"metadata": {"resourceVersion": resource.resource_version(), "finalizers": finalizers}});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        let set = self.api(resource).patch(&resource.name_any(), &params, &Patch::Merge(&body)).await;
        set.map_err(|error| failed("set the finalizers of", resource, error))
    }

    /// Writes the status where it changed, and only on the version it was made from.
    async fn store(
        &self,
        resource: &FederatedResource,
        version: Option<String>,
        status: &FederatedResourceStatus,
    ) -> Result<(), PassError> {
        let old = json!(resource.status.clone().unwrap_or_default());
        let change = match status_patch::difference(&old, &json!(status)) {
            Some(_) if resource.status.is_none() => json!(status),
            Some(change) => change,
            None => return Ok(()),
        };
        let body = json!({"metadata": {"resourceVersion": version}, "status": change});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        let stored =
            self.api(resource).patch_status(&resource.name_any(), &params, &Patch::Merge(&body)).await;
        self.world.put(stored.map_err(|error| failed("write the status of", resource, error))?);
        Ok(())
    }

    async fn tell(&self, resource: &FederatedResource, note: &Note) {
        let event = Event {
            type_: if note.is_warning { EventType::Warning } else { EventType::Normal },
            reason: note.reason.clone(),
            note: Some(note.text.chars().take(1000).collect()),
            action: "Federate".to_owned(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&event, &resource.object_ref(&())).await {
            warn!(%error, reason = note.reason, "event not written");
        }
    }

    fn api(&self, resource: &FederatedResource) -> Api<FederatedResource> {
        Api::namespaced(self.client.clone(), &resource.namespace().unwrap_or_default())
    }
}

fn failed(verb: &'static str, resource: &FederatedResource, source: kube::Error) -> PassError {
    PassError::Source { verb, subject: Subject::Resource(ObjectKey::of(resource)), source }
}
