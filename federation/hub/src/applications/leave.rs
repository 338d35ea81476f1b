//! The end of an application: its Works go first, by its policy; then its finalizer.

use std::time::Duration;

use crds::federation::{FederatedDeployment, Work};
use crds::names;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;
use tracing::debug;

use super::pass::{Controller, PassError, failed};
use crate::observe::{ObjectKey, Snapshot, Subject};
use crate::works::Source;

/// When a source is looked at again whose Works are not gone: what the cache has not seen yet.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Controller {
    /// A step towards the end: deletes Works, and lets the source go when none is left.
    pub(super) async fn leave(
        &self,
        app: &FederatedDeployment,
        source: &Source,
        snapshot: &Snapshot<FederatedDeployment>,
    ) -> Result<Option<Duration>, PassError> {
        if !app.finalizers().iter().any(|name| name == names::HUB_FINALIZER) {
            return Ok(None);
        }
        for (cluster, work) in &snapshot.works {
            self.writer.delete(source, cluster, work, app.spec.deletion_policy).await?;
            self.pantry.forget_copies(cluster, None);
        }
        if !snapshot.works.is_empty() {
            return Ok(None);
        }
        // The cache may be late; the server is not.
        if self.has_works(app).await? {
            return Ok(Some(LOOK_AGAIN));
        }
        let others: Vec<&String> =
            app.finalizers().iter().filter(|name| *name != names::HUB_FINALIZER).collect();
        let body = json!({"metadata": {"resourceVersion": app.resource_version(), "finalizers": others}});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        match self.api(app).patch(&app.name_any(), &params, &Patch::Merge(&body)).await {
            Ok(_) => Ok(None),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
            Err(error) => Err(failed("let go of", app, error)),
        }
    }

    async fn has_works(&self, app: &FederatedDeployment) -> Result<bool, PassError> {
        let labels = format!(
            "{}=FederatedDeployment,{}={},{}={}",
            names::SOURCE_KIND,
            names::SOURCE_NAMESPACE,
            app.namespace().unwrap_or_default(),
            names::SOURCE_NAME,
            app.name_any()
        );
        let params = ListParams::default().labels(&labels).limit(1);
        let found = Api::<Work>::all(self.client.clone()).list_metadata(&params).await;
        found.map(|list| !list.items.is_empty()).map_err(|error| failed("list the Works of", app, error))
    }

    /// Works whose source is gone without a word: absence deletes nothing (I21). Those that somebody deletes are let
    /// go when their agents have acted.
    pub(super) async fn without_source(
        &self,
        key: &ObjectKey,
        snapshot: &Snapshot<FederatedDeployment>,
    ) -> Result<Option<Duration>, PassError> {
        let source = Source { subject: Subject::Application(key.clone()), traceparent: String::new() };
        let is_declared = |cluster: &model::ClusterName| snapshot.fleet.fleet.clusters.contains_key(cluster);
        self.writer.let_go(&source, &snapshot.works, is_declared).await?;
        if !snapshot.works.is_empty() {
            debug!(%key, works = snapshot.works.len(), "Works without a source are left as they are");
        }
        Ok(None)
    }
}
