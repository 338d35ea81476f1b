//! A FederatedDeployment as a person handles it: applied, waited for, confirmed.

use anyhow::{Result, ensure};
use crds::federation::{
    Confirmation, ConfirmationKind, ConfirmationSpec, ConfirmationTarget, FederatedDeployment,
    FederatedDeploymentStatus,
};
use kube::Client;
use kube::api::{ObjectMeta, PostParams};
use serde_json::{Value, json};

use super::manifests::{self, NAMESPACE};

/// The images that scenarios use; a bad one cannot be pulled.
pub(super) const V1: &str = "registry.example/shop:v1";
pub(super) const V2: &str = "registry.example/shop:v2";
pub(super) const BAD: &str = "registry.example/shop:bad";

/// An application that is applied again and again with changes.
#[derive(Clone)]
pub(super) struct Application {
    pub(super) name: String,
    hub: Client,
    spec: Value,
}

impl Application {
    /// `replicas` evenly over the cells of `units`: first a beta group, then groups of four, without asking.
    pub(super) fn new(hub: &Client, name: &str, units: &[&str], replicas: i32) -> Self {
        let spec = json!({
            "replicas": replicas,
            "placement": {"units": units, "division": {"type": "Weighted", "by": "Static"}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "podSetType": "InPlaceSet",
                    "selector": {"matchLabels": {"app": name}},
                    "strategy": {"upgradeType": "Beta", "batchSize": 4},
                    "template": {
                        "metadata": {"labels": {"app": name}},
                        "spec": {"containers": [{"name": "main", "image": V1}]},
                    },
                },
            },
        });
        Self { name: name.to_owned(), hub: hub.clone(), spec }
    }

    /// Sets a field of the spec, by its JSON pointer; its parent is there.
    #[must_use]
    pub(super) fn set(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, field) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        if let Some(parent) = self.spec.pointer_mut(parent).and_then(Value::as_object_mut) {
            parent.insert(field.to_owned(), value.into());
        }
        self
    }

    /// Asks for a confirmation between groups.
    #[must_use]
    pub(super) fn asking(self) -> Self {
        self.set("/template/spec/strategy/needWaitingForConfirm", true)
    }

    /// Changes the image.
    #[must_use]
    pub(super) fn image(self, image: &str) -> Self {
        self.set("/template/spec/template/spec/containers", json!([{"name": "main", "image": image}]))
    }

    /// Applies it on the hub.
    pub(super) async fn apply(&self) -> Result<()> {
        let manifest = json!({
            "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "FederatedDeployment",
            "metadata": {"name": self.name, "namespace": NAMESPACE}, "spec": self.spec,
        });
        manifests::apply(&self.hub, &manifest).await.map(|_| ())
    }

    /// Applies it and waits until it is there.
    pub(super) async fn roll_out(&self) -> Result<FederatedDeploymentStatus> {
        self.apply().await?;
        self.settled().await
    }

    /// Waits for a state of the status that belongs to the newest spec.
    pub(super) async fn until<T>(
        &self,
        what: &str,
        mut check: impl FnMut(&FederatedDeploymentStatus) -> Result<T>,
    ) -> Result<T> {
        let api = manifests::of::<FederatedDeployment>(&self.hub);
        manifests::until(&api, &self.name, &format!("{what} of {}", self.name), |found| {
            let status = found.status.clone().unwrap_or_default();
            let generation = found.metadata.generation.unwrap_or_default();
            ensure!(status.observed_generation == generation, "generation {generation} is not observed");
            check(&status)
        })
        .await
    }

    /// Waits until its release succeeded and all replicas are available.
    pub(super) async fn settled(&self) -> Result<FederatedDeploymentStatus> {
        self.until("success", |status| {
            let wanted = status.desired_replicas;
            let numbers = [status.updated_replicas, status.ready_replicas, status.available_replicas];
            let is_settled = phase(status) == "Succeeded" && numbers == [wanted; 3];
            ensure!(is_settled, "{}", show(status));
            Ok(status.clone())
        })
        .await
    }

    /// Waits until `group` is done and a person is asked; the release's number.
    pub(super) async fn asks(&self, group: i32) -> Result<i64> {
        self.until(&format!("the question after group {group}"), |status| {
            let at = status.release.as_ref().map(|release| release.group);
            ensure!(phase(status) == "WaitingForConfirm" && at == Some(group), "{}", show(status));
            Ok(status.release_seq)
        })
        .await
    }

    /// Waits for the question after `group`, and says yes.
    pub(super) async fn confirm(&self, group: i32) -> Result<()> {
        let release_seq = self.asks(group).await?;
        let confirmation = Confirmation {
            metadata: ObjectMeta { generate_name: Some(format!("{}-", self.name)), ..ObjectMeta::default() },
            spec: ConfirmationSpec {
                target: ConfirmationTarget {
                    kind: ConfirmationKind::FederatedDeployment,
                    name: self.name.clone(),
                },
                release_seq,
                group,
                reason: "the scenario says so".to_owned(),
                author: String::new(),
            },
            status: None,
        };
        manifests::of(&self.hub).create(&PostParams::default(), &confirmation).await?;
        Ok(())
    }

    /// Deletes it and waits until it is gone.
    pub(super) async fn delete(&self) -> Result<()> {
        let api = manifests::of::<FederatedDeployment>(&self.hub);
        manifests::delete(&api, &self.name).await?;
        manifests::gone(&api, &self.name).await
    }
}

/// The phase of its release.
pub(super) fn phase(status: &FederatedDeploymentStatus) -> &str {
    status.release.as_ref().map_or("", |release| release.phase.as_str())
}

/// What a person would look at.
pub(super) fn show(status: &FederatedDeploymentStatus) -> String {
    let conditions: Vec<String> = status
        .conditions
        .iter()
        .map(|condition| {
            format!("{}={} {}: {}", condition.type_, condition.status, condition.reason, condition.message)
        })
        .collect();
    format!(
        "desired {} updated {} ready {} available {}; {:?}; cells {:?}; clusters {:?}; problems {:?}; {conditions:?}",
        status.desired_replicas,
        status.updated_replicas,
        status.ready_replicas,
        status.available_replicas,
        status.release,
        status.cells,
        status.clusters,
        status.problems,
    )
}
