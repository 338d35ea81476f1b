//! What must be on the hub before anything else works: namespaces, and the rights of agents and joiners.
//!
//! Everything is applied by server-side apply at each start, so that an upgrade brings its own changes.

mod rights;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use thiserror::Error;

use crds::names;

pub(crate) use rights::{agent_rights, drop_agent_rights};

/// A thing of the bootstrap that could not be made.
#[derive(Debug, Error)]
#[error("cannot make {what} on the hub")]
pub struct BootstrapError {
    /// Which.
    pub what: String,
    /// Why.
    #[source]
    pub source: kube::Error,
}

/// Makes the namespaces and the shared rights; safe to repeat.
pub async fn prepare(client: &kube::Client) -> Result<(), BootstrapError> {
    for name in [names::TEMPLATES_NAMESPACE, names::SYSTEM_NAMESPACE] {
        ensure_namespace(client, name).await?;
    }
    rights::shared(client).await
}

/// Makes a namespace of ours if it is not there.
pub(crate) async fn ensure_namespace(client: &kube::Client, name: &str) -> Result<(), BootstrapError> {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {names::MANAGED_BY: names::CAFE_FEDERATION}},
    });
    let api: Api<Namespace> = Api::all(client.clone());
    apply(&api, name, &namespace).await
}

/// Server-side apply of one manifest.
async fn apply<K>(api: &Api<K>, name: &str, manifest: &Value) -> Result<(), BootstrapError>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let params = PatchParams::apply(names::HUB_MANAGER).force();
    match api.patch(name, &params, &Patch::Apply(manifest)).await {
        Ok(_) => Ok(()),
        Err(source) => Err(BootstrapError {
            what: format!("{} {name}", manifest["kind"].as_str().unwrap_or("?")),
            source,
        }),
    }
}
