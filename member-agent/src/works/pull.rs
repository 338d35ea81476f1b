//! Pulls Works, templates and Secrets from the hub into the inventory, and wakes what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crds::federation::{Work, WorkTemplate};
use crds::names;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::Api;
use kube::runtime::watcher::{self, Event, watcher};
use thiserror::Error;
use tracing::{info, warn};

use super::push::Outbox;
use crate::inventory::{DiskError, Inventory, templates_of};
use crate::queue::Queue;

/// Why pulling ended; the session starts again.
#[derive(Debug, Error)]
pub enum PullError {
    /// A watch broke.
    #[error("the watch of {what} on the hub broke")]
    Watch {
        /// `works`, `secrets`.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<watcher::Error>,
    },
    /// A template could not be read.
    #[error("cannot read template {digest} from the hub")]
    Template {
        /// Its name.
        digest: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
    /// What the hub said could not be kept; it does not count then.
    #[error("cannot keep what the hub said")]
    Disk(#[from] DiskError),
}

/// Works that are taken side by side.
const BATCH: usize = 16;

/// One session's puller.
pub struct Puller {
    /// Client of the hub.
    pub hub: kube::Client,
    /// Name of this cluster on the hub.
    pub cluster: String,
    /// Where it is kept.
    pub inventory: Arc<Inventory>,
    /// Works to be looked at.
    pub queue: Arc<Queue<String>>,
    /// Learns what the hub holds as status.
    pub outbox: Arc<Outbox>,
}

impl Puller {
    /// Follows the Works of this cluster until the watch breaks.
    pub async fn follow_works(&self) -> Result<(), PullError> {
        let api: Api<Work> = Api::namespaced(self.hub.clone(), &names::cluster_namespace(&self.cluster));
        let events = watcher(api, watcher::Config::default()).boxed();
        let mut batches = events.ready_chunks(BATCH);
        let mut listed = BTreeSet::new();
        while let Some(batch) = batches.next().await {
            let mut together: BTreeMap<String, Work> = BTreeMap::new();
            for event in batch {
                match event.map_err(|e| PullError::Watch { what: "works", source: Box::new(e) })? {
                    Event::InitApply(work) => {
                        listed.insert(work.name_any());
                        together.insert(work.name_any(), work);
                    }
                    // Of several versions of one Work only the newest counts.
                    Event::Apply(work) => {
                        together.insert(work.name_any(), work);
                    }
                    Event::Init => {
                        self.take_all(std::mem::take(&mut together)).await?;
                        listed.clear();
                    }
                    Event::InitDone => {
                        self.take_all(std::mem::take(&mut together)).await?;
                        self.note_absent(&listed);
                    }
                    Event::Delete(work) => {
                        self.take_all(std::mem::take(&mut together)).await?;
                        self.vanished(&work)?;
                    }
                }
            }
            self.take_all(together).await?;
        }
        Ok(())
    }

    /// Works that came together: their templates are fetched side by side, and none waits for another's disk.
    async fn take_all(&self, works: BTreeMap<String, Work>) -> Result<(), PullError> {
        let taking = futures::stream::iter(works.into_values().map(|work| self.take(work)));
        taking.buffer_unordered(BATCH).try_collect().await
    }

    async fn take(&self, work: Work) -> Result<(), PullError> {
        let name = work.name_any();
        self.outbox.hub_holds(&work);
        for digest in templates_of(&work) {
            self.fetch_template(digest).await?;
        }
        if self.inventory.keep(work)? {
            self.queue.add(name);
        }
        Ok(())
    }

    /// A template is immutable: what is here need not be fetched again.
    async fn fetch_template(&self, digest: &str) -> Result<(), PullError> {
        if digest.is_empty() || self.inventory.template(digest)?.is_some() {
            return Ok(());
        }
        let api: Api<WorkTemplate> = Api::namespaced(self.hub.clone(), names::TEMPLATES_NAMESPACE);
        match api.get_opt(digest).await {
            Ok(Some(template)) => Ok(self.inventory.keep_template(digest, &template.spec.manifest.0)?),
            Ok(None) => {
                warn!(digest, "the hub has no such template; its Work waits");
                Ok(())
            }
            Err(source) => Err(PullError::Template { digest: digest.to_owned(), source: Box::new(source) }),
        }
    }

    /// A Work that a list does not show is kept: absence is no instruction (I21). One whose deletion was
    /// carried out here is forgotten, since the hub has let it go while nobody watched.
    fn note_absent(&self, listed: &BTreeSet<String>) {
        for name in self.inventory.names() {
            if listed.contains(&name) {
                continue;
            }
            let Some(record) = self.inventory.get(&name) else { continue };
            if record.finished.is_some() {
                let uid = record.work.uid().unwrap_or_default();
                if let Err(error) = self.inventory.forget(&name, &uid) {
                    warn!(work = name, error = %error, "cannot forget a finished Work");
                }
            } else {
                warn!(
                    work = name,
                    "the hub does not know this Work any more; its objects are kept as they are"
                );
            }
        }
    }

    /// The hub has removed a Work. Its objects were deleted before, or stay.
    fn vanished(&self, work: &Work) -> Result<(), PullError> {
        let (name, uid) = (work.name_any(), work.uid().unwrap_or_default());
        let finished = self.inventory.get(&name).is_some_and(|r| r.finished.is_some());
        if finished || work.metadata.deletion_timestamp.is_some() {
            info!(work = name, "removed on the hub");
            self.inventory.forget(&name, &uid)?;
            self.outbox.forget(&name);
        } else {
            warn!(work = name, "removed on the hub without an instruction; its objects are kept as they are");
        }
        Ok(())
    }

    /// Follows the Secrets that go along until the watch breaks.
    pub async fn follow_secrets(&self) -> Result<(), PullError> {
        let api: Api<Secret> = Api::namespaced(self.hub.clone(), &names::cluster_namespace(&self.cluster));
        let ours =
            watcher::Config::default().labels(&format!("{}={}", names::MANAGED_BY, names::CAFE_FEDERATION));
        let mut events = watcher(api, ours).boxed();
        while let Some(event) = events.next().await {
            let event = event.map_err(|e| PullError::Watch { what: "secrets", source: Box::new(e) })?;
            if let Event::InitApply(mut secret) | Event::Apply(mut secret) = event {
                secret.metadata.managed_fields = None;
                let name = secret.name_any();
                let manifest = serde_json::to_value(&secret).unwrap_or_default();
                self.inventory.keep_secret(&name, &manifest)?;
                for work in self.inventory.carriers(&name) {
                    self.queue.add(work);
                }
            }
        }
        Ok(())
    }

    /// Works that wait for a template: asked for again while the session lasts.
    pub async fn fetch_missing(&self) -> Result<(), PullError> {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            for name in self.inventory.names() {
                let Some(record) = self.inventory.get(&name) else { continue };
                for digest in templates_of(&record.work) {
                    if !self.inventory.has_template(digest) {
                        self.fetch_template(digest).await?;
                        self.queue.add(name.clone());
                    }
                }
            }
        }
    }
}
