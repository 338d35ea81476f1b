//! Applies, changes and deletes manifests, by server-side apply as a person would.

use anyhow::{Context, Result, bail, ensure};
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::{Scope, pinned_kind};
use serde::Deserialize;
use serde_json::Value;

use crate::wait;

/// Field manager of the scenarios: a person, not the federation.
pub(super) const PERSON: &str = "scenario";

/// The namespace of what scenarios make.
pub(super) const NAMESPACE: &str = "default";

/// Applies every document of a YAML text.
pub(super) async fn apply_yaml(client: &Client, yaml: &str) -> Result<()> {
    for document in serde_yaml_ng::Deserializer::from_str(yaml) {
        apply(client, &Value::deserialize(document)?).await?;
    }
    Ok(())
}

/// Applies one manifest.
pub(super) async fn apply(client: &Client, manifest: &Value) -> Result<DynamicObject> {
    let name = manifest["metadata"]["name"].as_str().context("a manifest without a name")?;
    let api = api(client, manifest).await?;
    let params = PatchParams::apply(PERSON).force();
    let applied = api.patch(name, &params, &Patch::Apply(manifest)).await;
    applied.with_context(|| format!("apply {} {name}", manifest["kind"]))
}

/// The API of a manifest's kind, in its namespace.
async fn api(client: &Client, manifest: &Value) -> Result<Api<DynamicObject>> {
    let text = |key: &str| manifest[key].as_str().unwrap_or_default();
    let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
    let (resource, capabilities) =
        pinned_kind(client, &GroupVersionKind::gvk(group, version, text("kind"))).await?;
    let namespace = manifest["metadata"]["namespace"].as_str().unwrap_or(NAMESPACE);
    Ok(match capabilities.scope {
        Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, &resource),
        Scope::Cluster => Api::all_with(client.clone(), &resource),
    })
}

/// The API of a typed kind in the scenarios' namespace.
pub(super) fn of<K>(client: &Client) -> Api<K>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), NAMESPACE)
}

/// Changes an object by a merge patch.
pub(super) async fn merge<K>(api: &Api<K>, name: &str, patch: Value) -> Result<K>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let params = PatchParams { field_manager: Some(PERSON.to_owned()), ..PatchParams::default() };
    api.patch(name, &params, &Patch::Merge(&patch))
        .await
        .with_context(|| format!("patch {name} with {patch}"))
}

/// Deletes an object; one that is not there is deleted.
pub(super) async fn delete<K>(api: &Api<K>, name: &str) -> Result<()>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    match api.delete(name, &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error).with_context(|| format!("delete {name}")),
        Ok(_) => Ok(()),
    }
}

/// Waits until an object is gone.
pub(super) async fn gone<K>(api: &Api<K>, name: &str) -> Result<()>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    wait::until(&format!("{name} to go"), wait::LONG, async || {
        if let Some(left) = api.get_opt(name).await? {
            bail!("{left:?}");
        }
        Ok(())
    })
    .await
}

/// Waits until an object is there and `check` is content with it.
pub(super) async fn until<K, T>(
    api: &Api<K>,
    name: &str,
    what: &str,
    mut check: impl FnMut(&K) -> Result<T>,
) -> Result<T>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    wait::until(what, wait::LONG, async || {
        let found = api.get_opt(name).await?.with_context(|| format!("no object {name}"))?;
        check(&found)
    })
    .await
}

/// An error unless the request was refused with `code`.
pub(super) fn refused<T: std::fmt::Debug>(what: &str, code: u16, result: kube::Result<T>) -> Result<String> {
    match result {
        Err(kube::Error::Api(status)) => {
            ensure!(status.code == code, "{what}: {} instead of {code}: {}", status.code, status.message);
            Ok(status.message.clone())
        }
        Err(error) => Err(error).with_context(|| format!("{what} must be refused with {code}")),
        Ok(done) => bail!("{what} must be refused with {code}, and was done: {done:?}"),
    }
}
