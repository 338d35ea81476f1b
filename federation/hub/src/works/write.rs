//! Writing Works: server-side apply under the hub's name, deletion by uid, and the finalizer's end.

use std::collections::BTreeMap;
use std::sync::Arc;

use crds::federation::{DeletionPolicy, MemberCluster, Work, WorkSpec};
use crds::names;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Api, Client, Resource, ResourceExt};
use model::ClusterName;
use serde_json::json;

use super::plan::{differs, work_name};
use super::{Departure, departure};
use crate::observe::{ObjectKey, Subject, World};
use crate::trace::traceparent;

/// A write that failed.
#[derive(Debug, thiserror::Error)]
#[error("{verb} the Work of {subject} in cluster {cluster}")]
pub struct WriteError {
    /// What was tried.
    pub verb: &'static str,
    /// Of which source.
    pub subject: Subject,
    /// In which cluster.
    pub cluster: ClusterName,
    /// Why it failed.
    #[source]
    pub source: kube::Error,
}

impl WriteError {
    /// Whether somebody else was faster: the newest version is on its way.
    pub fn is_conflict(&self) -> bool {
        matches!(&self.source, kube::Error::Api(status) if status.is_conflict())
    }
}

/// The source of Works: what their labels and annotations say.
#[derive(Clone, Debug)]
pub struct Source {
    /// Which object.
    pub subject: Subject,
    /// Its trace.
    pub traceparent: String,
}

impl Source {
    /// Of an object.
    pub fn of<K: Resource<DynamicType = ()>>(subject: Subject, object: &K) -> Self {
        let given = object.annotations().get(names::TRACEPARENT).map(String::as_str);
        let generation = object.meta().generation.unwrap_or_default();
        let traceparent = traceparent(given, &object.uid().unwrap_or_default(), generation);
        Self { subject, traceparent }
    }
}

/// Works written at a time for one source.
const WRITES_AT_A_TIME: usize = 16;

/// Writes Works, and puts what the server answered into the world at once.
pub struct Writer {
    client: Client,
    world: Arc<World>,
}

impl Writer {
    /// A writer.
    pub const fn new(client: Client, world: Arc<World>) -> Self {
        Self { client, world }
    }

    fn api(&self, cluster: &ClusterName) -> Api<Work> {
        Api::namespaced(self.client.clone(), &names::cluster_namespace(cluster.as_str()))
    }

    /// Makes or changes the Work of a source in a cluster. A change is bound to the version that was seen: a
    /// replica with an old picture, or one that lost its lead, cannot move a Work backwards (I8, I20).
    pub async fn apply(
        &self,
        source: &Source,
        cluster: &ClusterName,
        spec: &WorkSpec,
    ) -> Result<(), WriteError> {
        let key = source.subject.key();
        let kind = source.subject.kind();
        let name = work_name(&kind, &key.namespace, &key.name);
        let labels = BTreeMap::from([
            (names::SOURCE_KIND, kind.as_str()),
            (names::SOURCE_NAMESPACE, key.namespace.as_str()),
            (names::SOURCE_NAME, key.name.as_str()),
        ]);
        let mut body = json!({
            "apiVersion": Work::api_version(&()),
            "kind": Work::kind(&()),
            "metadata": {
                "name": name,
                "labels": labels,
                "annotations": {names::TRACEPARENT: source.traceparent},
                "finalizers": [names::AGENT_FINALIZER],
            },
            "spec": spec,
        });
        let seen = ObjectKey::new(names::cluster_namespace(cluster.as_str()), name.as_str());
        if let Some((uid, version)) = self.world.work_version(&seen) {
            body["metadata"]["uid"] = uid.into();
            body["metadata"]["resourceVersion"] = version.into();
        }
        let params = PatchParams::apply(names::HUB_MANAGER).force();
        let applied = self.api(cluster).patch(&name, &params, &Patch::Apply(&body)).await;
        let work = applied.map_err(|error| failed("apply", source, cluster, error))?;
        self.world.put(work);
        Ok(())
    }

    /// Makes or changes several Works, some at a time. The first error ends it; the others are tried again with it.
    pub async fn apply_all(
        &self,
        source: &Source,
        specs: &BTreeMap<ClusterName, WorkSpec>,
    ) -> Result<(), WriteError> {
        let mut writes = FuturesUnordered::new();
        for (cluster, spec) in specs {
            if writes.len() >= WRITES_AT_A_TIME
                && let Some(written) = writes.next().await
            {
                written?;
            }
            writes.push(self.apply(source, cluster, spec));
        }
        while let Some(written) = writes.next().await {
            written?;
        }
        Ok(())
    }

    /// Deletes a Work, after giving it the policy that its agent must follow. The agent's finalizer holds it.
    pub async fn delete(
        &self,
        source: &Source,
        cluster: &ClusterName,
        work: &Work,
        policy: DeletionPolicy,
    ) -> Result<(), WriteError> {
        if work.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        let spec = WorkSpec { deletion_policy: policy, ..work.spec.clone() };
        if differs(work, &spec) {
            self.apply(source, cluster, &spec).await?;
        }
        let preconditions = Preconditions { uid: work.uid(), resource_version: None };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.api(cluster).delete(&work.name_any(), &params).await {
            Ok(answer) => {
                if let Some(work) = answer.left() {
                    self.world.put(work);
                }
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(error) => Err(failed("delete", source, cluster, error)),
        }
    }

    /// Lets go of those of `works` whose deletion is carried out, or whose cluster is no more.
    pub async fn let_go(
        &self,
        source: &Source,
        works: &BTreeMap<ClusterName, Arc<Work>>,
        is_declared: impl Fn(&ClusterName) -> bool,
    ) -> Result<(), WriteError> {
        for (cluster, work) in works {
            let may_go = match departure(work) {
                Departure::Stays => false,
                Departure::Done => true,
                Departure::Waits => !is_declared(cluster) && self.is_gone(source, cluster).await?,
            };
            if may_go {
                self.drop_finalizer(source, cluster, work).await?;
            }
        }
        Ok(())
    }

    /// Asks the server itself whether a cluster is no more: a cache that is late must not release anything.
    async fn is_gone(&self, source: &Source, cluster: &ClusterName) -> Result<bool, WriteError> {
        let api = Api::<MemberCluster>::all(self.client.clone());
        let found = api.get_opt(cluster.as_str()).await;
        let found = found.map_err(|error| failed("look for the cluster of", source, cluster, error))?;
        Ok(found.is_none())
    }

    async fn drop_finalizer(
        &self,
        source: &Source,
        cluster: &ClusterName,
        work: &Work,
    ) -> Result<(), WriteError> {
        let others: Vec<&String> =
            work.finalizers().iter().filter(|name| *name != names::AGENT_FINALIZER).collect();
        if others.len() == work.finalizers().len() {
            return Ok(());
        }
        let body = json!({"metadata": {"uid": work.uid(), "finalizers": others}});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        match self.api(cluster).patch(&work.name_any(), &params, &Patch::Merge(&body)).await {
            Ok(_) => {}
            // Gone already, or another object of that name: nothing of ours is left.
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {}
            Err(error) => return Err(failed("let go of", source, cluster, error)),
        }
        if others.is_empty() {
            self.world.take::<Work>(&ObjectKey::of(work), work.uid().as_deref());
        }
        Ok(())
    }
}

fn failed(verb: &'static str, source: &Source, cluster: &ClusterName, error: kube::Error) -> WriteError {
    WriteError { verb, subject: source.subject.clone(), cluster: cluster.clone(), source: error }
}
