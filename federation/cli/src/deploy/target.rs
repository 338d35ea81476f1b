//! The application a verb is about: read once, changed as it was read.

use crds::federation::{FederatedDeployment, FederatedDeploymentStatus};
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::failure::{Attempt, Failure};
use crate::hub::{Hub, MANAGER};
use crate::session::Session;
use crate::show;

/// An application as it was read.
pub(super) struct Target {
    hub: Hub,
    /// The application.
    pub(super) application: FederatedDeployment,
    /// Its status; empty before the hub has seen it.
    pub(super) status: FederatedDeploymentStatus,
}

/// Takes `NAME`, `fdeploy/NAME` and upper case.
pub(super) fn plain_name(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase()
}

impl Target {
    /// Reads it.
    pub(super) async fn load(session: &mut Session, name: &str) -> Result<Self, Failure> {
        let hub = session.hub().await?;
        let name = plain_name(name);
        let found = hub.here::<FederatedDeployment>().get_opt(&name).await;
        let found = found.attempt(|| format!("get application {name}"))?;
        let application = found.ok_or_else(|| missing(&name, &hub.namespace))?;
        let status = application.status.clone().unwrap_or_default();
        Ok(Self { hub, application, status })
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        self.application.name_any()
    }

    /// The hub it is on.
    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Whether the status speaks of what is wanted now.
    pub(super) fn is_observed(&self) -> bool {
        is_observed(&self.application)
    }

    fn path(&self) -> String {
        use kube::Resource;
        let root = FederatedDeployment::url_path(&(), self.application.namespace().as_deref());
        format!("{root}/{}", crate::discover::segment(&self.name()))
    }

    /// Merges fields into it; somebody else's change meanwhile is a conflict.
    pub(super) async fn merge(&self, mut patch: Value, attempt: &str) -> Result<Value, Failure> {
        patch["metadata"]["resourceVersion"] = json!(self.application.metadata.resource_version);
        self.patch("", "application/merge-patch+json", &patch, attempt).await
    }

    /// Carries out JSON patch operations; somebody else's change meanwhile is a conflict.
    pub(super) async fn operate(&self, operations: Vec<Value>, attempt: &str) -> Result<Value, Failure> {
        let version = &self.application.metadata.resource_version;
        let mut patch = vec![json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version})];
        patch.extend(operations);
        self.patch("", "application/json-patch+json", &Value::Array(patch), attempt).await
    }

    /// Sets the replicas through `scale`, from the number that was read.
    pub(super) async fn scale(&self, replicas: i32, attempt: &str) -> Result<Value, Failure> {
        let version = &self.application.metadata.resource_version;
        let patch = json!({"metadata": {"resourceVersion": version}, "spec": {"replicas": replicas}});
        self.patch("/scale", "application/merge-patch+json", &patch, attempt).await
    }

    async fn patch(&self, part: &str, kind: &str, patch: &Value, attempt: &str) -> Result<Value, Failure> {
        let path = format!("{}{part}?fieldManager={MANAGER}&fieldValidation=Strict", self.path());
        let answer = self.hub.patch(&path, kind, patch, attempt).await?;
        answer.warnings.iter().for_each(|warning| crate::screen::note(&format!("warning: {warning}")));
        Ok(answer.body)
    }

    /// Prints what came of a change.
    pub(super) fn changed(&self, session: &mut Session, said: &str, object: &Value) -> Result<(), Failure> {
        let name = show::name_of::<FederatedDeployment>(&self.name());
        show::change(&mut session.screen, session.output, &name, said, object)
    }

    /// Prints that nothing had to be changed.
    pub(super) fn unchanged(&self, session: &mut Session, said: &str) -> Result<(), Failure> {
        self.changed(session, said, &show::object(&self.application))
    }
}

/// Whether the status of an application speaks of what is wanted now.
pub(super) fn is_observed(application: &FederatedDeployment) -> bool {
    let seen = application.status.as_ref().map_or(0, |status| status.observed_generation);
    application.metadata.generation.is_some_and(|generation| seen >= generation)
}

/// What is said about an application that is not there.
pub(super) fn missing(name: &str, namespace: &str) -> Failure {
    Failure::Refused(format!(
        "there is no application {name} in namespace {namespace}: `fedctl deploy list -A` shows all"
    ))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An application with the status given.
    pub(crate) fn application(status: Value) -> FederatedDeployment {
        serde_json::from_value(json!({
            "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "FederatedDeployment",
            "metadata": {"name": "shop", "namespace": "default", "generation": 3, "resourceVersion": "7"},
            "spec": {
                "replicas": 20,
                "placement": {"units": ["rz00"]},
                "template": {
                    "metadata": {"labels": {"app": "shop"}},
                    "spec": {
                        "selector": {"matchLabels": {"app": "shop"}},
                        "strategy": {"batchSize": 4, "needWaitingForConfirm": true},
                        "template": {"metadata": {"labels": {"app": "shop"}},
                            "spec": {"containers": [{"name": "shop", "image": "shop:v2"}]}},
                    },
                },
            },
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn names_are_taken_as_people_write_them() {
        assert_eq!([plain_name("Shop"), plain_name("fdeploy/shop")], ["shop", "shop"]);
        assert!(is_observed(&application(json!({"observedGeneration": 3}))));
        assert!(!is_observed(&application(json!({"observedGeneration": 2}))));
    }
}
