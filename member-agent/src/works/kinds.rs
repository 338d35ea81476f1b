//! How this cluster serves a kind: asked once per kind, forgotten when a request says that it is wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;

use kube::api::{Api, DynamicObject};
use kube::core::GroupVersionKind;
use kube::discovery::{ApiResource, Scope, pinned_kind};
use serde_json::Value;

/// A kind as this cluster serves it.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Path and names.
    pub resource: ApiResource,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

/// The kinds asked for so far.
#[derive(Default)]
pub struct Kinds {
    known: Mutex<BTreeMap<(String, String), Kind>>,
}

impl Kinds {
    /// The kind of `api_version` and `kind`; an error when the cluster does not serve it.
    pub async fn get(
        &self,
        client: &kube::Client,
        api_version: &str,
        kind: &str,
    ) -> Result<Kind, kube::Error> {
        let key = (api_version.to_owned(), kind.to_owned());
        if let Some(known) = self.lock().get(&key).cloned() {
            return Ok(known);
        }
        let (resource, capabilities) = pinned_kind(client, &gvk(api_version, kind)).await?;
        let found = Kind { resource, namespaced: capabilities.scope == Scope::Namespaced };
        self.lock().insert(key, found.clone());
        Ok(found)
    }

    /// The next question goes to the cluster again.
    pub fn forget(&self, api_version: &str, kind: &str) {
        self.lock().remove(&(api_version.to_owned(), kind.to_owned()));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), Kind>> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Kind {
    /// The API of this kind in `namespace`, or of the whole cluster for a kind without namespaces.
    pub fn api(&self, client: &kube::Client, namespace: &str) -> Api<DynamicObject> {
        if self.namespaced {
            Api::namespaced_with(client.clone(), namespace, &self.resource)
        } else {
            Api::all_with(client.clone(), &self.resource)
        }
    }
}

fn gvk(api_version: &str, kind: &str) -> GroupVersionKind {
    match api_version.split_once('/') {
        Some((group, version)) => GroupVersionKind::gvk(group, version, kind),
        None => GroupVersionKind::gvk("", api_version, kind),
    }
}

/// A text field of a manifest; empty when it is not there.
pub fn text<'a>(manifest: &'a Value, pointer: &str) -> &'a str {
    manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
