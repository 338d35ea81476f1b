//! What must be there before anybody comes: the first namespaces and the default roles.

use std::time::Duration;

use kube::api::{Api, PostParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::{FIELD_MANAGER, answered};
use crate::authz::defaults;

/// The namespaces every cluster has.
pub const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Makes or completes all of them, trying until it is done.
pub async fn run(client: &Client) {
    let namespaces = NAMESPACES
        .iter()
        .map(|name| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }));
    for wanted in namespaces.chain(defaults::objects()) {
        let mut wait = Duration::from_millis(50);
        while let Err(error) = ensure(client, &wanted).await {
            let (kind, name) = (&wanted["kind"], &wanted["metadata"]["name"]);
            tracing::warn!(%error, "make {kind} {name}; trying again in {wait:?}");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(5));
        }
    }
}

/// Creates a cluster-scoped object, or adds what it lacks.
async fn ensure(client: &Client, wanted: &Value) -> Result<(), kube::Error> {
    let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource_of(wanted));
    let params = PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() };
    let Some(existing) = api.get_opt(name).await? else {
        let object = serde_json::from_value(wanted.clone()).map_err(kube::Error::SerdeError)?;
        return match api.create(&params, &object).await {
            Err(error) if !answered(&error, 409) => Err(error),
            _ => Ok(()),
        };
    };
    if wanted["kind"] == "Namespace" {
        return Ok(());
    }
    let name = existing.name_any();
    let existing = serde_json::to_value(existing).map_err(kube::Error::SerdeError)?;
    let Some(next) = defaults::reconciled(wanted, &existing) else { return Ok(()) };
    let next: DynamicObject = serde_json::from_value(next).map_err(kube::Error::SerdeError)?;
    api.replace(&name, &params, &next).await.map(|_| ())
}

fn resource_of(object: &Value) -> ApiResource {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, object["kind"].as_str().unwrap_or_default()))
}
