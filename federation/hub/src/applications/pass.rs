//! One pass over one application: read what goes along, decide, carry it out, write down what is seen.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crds::federation::{Confirmation, ConfirmationStatus, FederatedDeployment, FederatedDeploymentStatus};
use crds::names;
use futures::future::try_join_all;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder};
use kube::{Api, Client, Resource, ResourceExt};
use model::ClusterName;
use serde_json::json;
use tracing::{debug, warn};

use super::along::PantryError;
use super::decide::{Decision, Input, Note, decide};
use super::{Along, Missing, Pantry};
use crate::observe::{ObjectKey, Snapshot, Subject, World};
use crate::status_patch;
use crate::templates::{Shelf, TemplateError};
use crate::works::{Source, WriteError, Writer};

/// Why a pass did not come to its end. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// What goes along.
    #[error(transparent)]
    Along(#[from] PantryError),
    /// A template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A Work.
    #[error(transparent)]
    Work(#[from] WriteError),
    /// The source itself.
    #[error("{verb} {subject}")]
    Source {
        /// What was tried.
        verb: &'static str,
        /// Which object.
        subject: Subject,
        /// Why it failed.
        #[source]
        source: kube::Error,
    },
}

impl PassError {
    /// Whether somebody else was faster: the newest version is on its way.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Source { source: kube::Error::Api(status), .. } => status.is_conflict(),
            Self::Work(error) => error.is_conflict(),
            _ => false,
        }
    }
}

/// Passes over applications.
pub struct Controller {
    pub(super) client: Client,
    pub(super) world: Arc<World>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) pantry: Pantry,
    pub(super) writer: Writer,
    recorder: Recorder,
}

impl Controller {
    /// A controller.
    pub fn new(client: Client, world: Arc<World>, shelf: Arc<Shelf>, recorder: Recorder) -> Self {
        let pantry = Pantry::new(client.clone(), world.clone());
        let writer = Writer::new(client.clone(), world.clone());
        Self { client, world, shelf, pantry, writer, recorder }
    }

    /// One pass; says when to look again if nothing else wakes the application.
    pub async fn pass(&self, key: &ObjectKey) -> Result<Option<Duration>, PassError> {
        let snapshot = self.world.application(key);
        let Some(app) = snapshot.source.clone() else {
            return self.without_source(key, &snapshot).await;
        };
        let source = Source::of(Subject::Application(key.clone()), app.as_ref());
        let is_declared = |cluster: &model::ClusterName| snapshot.fleet.fleet.clusters.contains_key(cluster);
        self.writer.let_go(&source, &snapshot.works, is_declared).await?;
        if app.metadata.deletion_timestamp.is_some() {
            return self.leave(&app, &source, &snapshot).await;
        }
        let along = self.pantry.along(&app).await?;
        let now = Timestamp::now();
        let decision = self.decide(&app, &snapshot, along.as_ref(), now).await?;
        self.execute(&app, &source, &snapshot, along.ok().as_ref(), &decision).await?;
        let wait = decision.look_again.map(|at| at.millis_since(super::status::core_time(now)));
        Ok(wait.map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0) + 1)))
    }

    async fn decide(
        &self,
        app: &FederatedDeployment,
        snapshot: &Snapshot<FederatedDeployment>,
        along: Result<&Along, &Missing>,
        now: Timestamp,
    ) -> Result<Decision, PassError> {
        loop {
            let decided = decide(&Input {
                app,
                works: &snapshot.works,
                confirmations: &snapshot.confirmations,
                fleet: &snapshot.fleet,
                rules: &snapshot.rules,
                along,
                object: &|name| self.shelf.known_object(name),
                now,
            });
            match decided {
                Ok(decision) => return Ok(decision),
                Err(names) => {
                    try_join_all(names.0.iter().map(|name| self.shelf.read_object(name))).await?;
                }
            }
        }
    }

    /// Carries a decision out. What must not be forgotten is stored before it is acted on; templates and copies of
    /// Secrets are there before a Work refers to them.
    async fn execute(
        &self,
        app: &FederatedDeployment,
        source: &Source,
        snapshot: &Snapshot<FederatedDeployment>,
        along: Option<&Along>,
        decision: &Decision,
    ) -> Result<(), PassError> {
        let plan = &decision.works;
        let clusters: BTreeSet<ClusterName> =
            plan.apply.keys().chain(snapshot.works.keys()).cloned().collect();
        let leaving: BTreeSet<ClusterName> = plan.delete.keys().cloned().collect();
        let templates = async {
            try_join_all(decision.templates.iter().map(|template| self.shelf.ensure(template))).await?;
            Ok::<_, PassError>(())
        };
        let secrets = async {
            for secret in along.iter().flat_map(|along| &along.secrets) {
                for cluster in clusters.difference(&leaving) {
                    self.pantry.copy(secret, cluster).await?;
                }
            }
            Ok::<_, PassError>(())
        };
        let first = async {
            let mut version = app.resource_version();
            if !plan.apply.is_empty() && !app.finalizers().iter().any(|name| name == names::HUB_FINALIZER) {
                version = self.hold(app).await?;
            }
            if decision.stores_first {
                version = self.store(app, version, &decision.status).await?;
            }
            Ok::<_, PassError>(version)
        };
        let (version, (), ()) = futures::try_join!(first, templates, secrets)?;
        self.writer.apply_all(source, &plan.apply).await?;
        for (cluster, policy) in &plan.delete {
            if let Some(work) = snapshot.works.get(cluster) {
                self.writer.delete(source, cluster, work, *policy).await?;
                self.pantry.forget_copies(cluster, None);
            }
        }
        if !decision.stores_first {
            self.store(app, version, &decision.status).await?;
        }
        for (confirmation, status) in &decision.words {
            self.settle(confirmation, status).await?;
        }
        for note in &decision.notes {
            self.tell(app, note).await;
        }
        Ok(())
    }

    /// Puts the finalizer on, so that the source stays until its Works are gone. Returns the new version.
    async fn hold(&self, app: &FederatedDeployment) -> Result<Option<String>, PassError> {
        let mut finalizers = app.finalizers().to_vec();
        finalizers.push(names::HUB_FINALIZER.to_owned());
        let body = json!({"metadata": {"resourceVersion": app.resource_version(), "finalizers": finalizers}});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        let held = self.api(app).patch(&app.name_any(), &params, &Patch::Merge(&body)).await;
        let held = held.map_err(|error| failed("put the finalizer on", app, error))?;
        let version = held.resource_version();
        self.world.put(held);
        Ok(version)
    }

    /// Writes the status where it changed, and only on the version it was made from.
    async fn store(
        &self,
        app: &FederatedDeployment,
        version: Option<String>,
        status: &FederatedDeploymentStatus,
    ) -> Result<Option<String>, PassError> {
        let old = json!(app.status.clone().unwrap_or_default());
        let change = match status_patch::difference(&old, &json!(status)) {
            Some(_) if app.status.is_none() => json!(status),
            Some(change) => change,
            None => return Ok(version),
        };
        let body = json!({"metadata": {"resourceVersion": version}, "status": change});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        let stored = self.api(app).patch_status(&app.name_any(), &params, &Patch::Merge(&body)).await;
        let stored = stored.map_err(|error| failed("write the status of", app, error))?;
        let version = stored.resource_version();
        self.world.put(stored);
        Ok(version)
    }

    async fn settle(
        &self,
        confirmation: &Confirmation,
        status: &ConfirmationStatus,
    ) -> Result<(), PassError> {
        let api = Api::<Confirmation>::namespaced(
            self.client.clone(),
            &confirmation.namespace().unwrap_or_default(),
        );
        let body = json!({"metadata": {"uid": confirmation.uid()}, "status": status});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        match api.patch_status(&confirmation.name_any(), &params, &Patch::Merge(&body)).await {
            Ok(settled) => self.world.put(settled),
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {
                debug!(name = confirmation.name_any(), "a confirmation is gone before it was settled");
            }
            Err(source) => {
                let subject = Subject::Application(ObjectKey::of(confirmation));
                return Err(PassError::Source { verb: "settle the confirmation", subject, source });
            }
        }
        Ok(())
    }

    /// Events are for people to read; one that is lost holds nothing up.
    async fn tell(&self, app: &FederatedDeployment, note: &Note) {
        let event = Event {
            type_: if note.is_warning { EventType::Warning } else { EventType::Normal },
            reason: note.reason.clone(),
            note: Some(note.text.chars().take(1000).collect()),
            action: "Federate".to_owned(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&event, &app.object_ref(&())).await {
            warn!(%error, reason = note.reason, "event not written");
        }
    }

    pub(super) fn api(&self, app: &FederatedDeployment) -> Api<FederatedDeployment> {
        Api::namespaced(self.client.clone(), &app.namespace().unwrap_or_default())
    }
}

pub(super) fn failed(verb: &'static str, app: &FederatedDeployment, source: kube::Error) -> PassError {
    PassError::Source { verb, subject: Subject::Application(ObjectKey::of(app)), source }
}
