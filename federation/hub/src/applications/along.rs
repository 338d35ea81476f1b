//! What goes along with an application: read from the hub, made into templates, or for Secrets into copies for each
//! cluster. Content is read again only when its version changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crds::federation::{Carried, DependencyKind, FederatedDeployment, Work};
use crds::names;
use federation_core::work::{ObjectName, canonical_bytes, template_name};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use model::ClusterName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::observe::{DependencyKey, ObjectKey, World};
use crate::templates::{Template, object_of};
use crate::works::secret_copy;

/// Something that must go along and cannot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?} {object} must go along, but {why}")]
pub struct Missing {
    /// Its kind.
    pub kind: DependencyKind,
    /// Its namespace and name.
    pub object: ObjectKey,
    /// What is wrong with it.
    pub why: String,
}

/// A read or write that failed.
#[derive(Debug, thiserror::Error)]
#[error("{verb} {kind:?} {object}")]
pub struct PantryError {
    /// What was tried.
    pub verb: &'static str,
    /// Its kind.
    pub kind: DependencyKind,
    /// Its namespace and name.
    pub object: ObjectKey,
    /// Why it failed.
    #[source]
    pub source: kube::Error,
}

/// Everything that goes along with one application.
#[derive(Clone, Debug, Default)]
pub struct Along {
    /// As Works refer to it, in the order of the spec.
    pub carried: Vec<Carried>,
    /// Templates that must exist.
    pub templates: Vec<Template>,
    /// Secrets that must be copied to each cluster.
    pub secrets: Vec<Arc<Item>>,
    /// The objects it makes in members.
    pub contents: BTreeSet<ObjectName>,
    /// Digest of what has `rollOnChange`; `None`: nothing has.
    pub roll: Option<String>,
}

/// One object, as members get it.
#[derive(Clone, Debug)]
pub struct Item {
    version: String,
    digest: String,
    manifest: Value,
}

/// What goes along with all applications, by version.
pub struct Pantry {
    client: Client,
    world: Arc<World>,
    items: Mutex<BTreeMap<DependencyKey, Arc<Item>>>,
    copies: Mutex<BTreeMap<ObjectKey, String>>,
}

impl Pantry {
    /// An empty one.
    pub fn new(client: Client, world: Arc<World>) -> Self {
        Self { client, world, items: Mutex::default(), copies: Mutex::default() }
    }

    /// Everything that goes along with `app`; the inner error names the first that is missing.
    pub async fn along(&self, app: &FederatedDeployment) -> Result<Result<Along, Missing>, PantryError> {
        let mut along = Along::default();
        let mut rolled = Vec::new();
        for dependency in &app.spec.dependencies {
            let object = ObjectKey::new(app.namespace().unwrap_or_default(), dependency.name.as_str());
            let key = DependencyKey { kind: dependency.kind, object };
            let item = match self.item(&key).await? {
                Ok(item) => item,
                Err(missing) => return Ok(Err(missing)),
            };
            if dependency.roll_on_change {
                rolled.push(item.digest.clone());
            }
            along.contents.insert(object_of(&item.manifest));
            if dependency.kind == DependencyKind::Secret {
                let name = secret_copy(&key.object.namespace, &key.object.name);
                along.carried.push(Carried { template_ref: None, secret_ref: Some(name) });
                along.secrets.push(item);
            } else {
                let template = Template { name: item.digest.clone(), manifest: item.manifest.clone() };
                along.carried.push(Carried { template_ref: Some(template.name.clone()), secret_ref: None });
                along.templates.push(template);
            }
        }
        along.roll = (!rolled.is_empty()).then(|| template_name(rolled.join(",").as_bytes()));
        Ok(Ok(along))
    }

    async fn item(&self, key: &DependencyKey) -> Result<Result<Arc<Item>, Missing>, PantryError> {
        let newest = self.world.versions(|versions| versions.of(key).map(str::to_owned));
        let held = lock(&self.items).get(key).cloned();
        if let Some(held) = held.filter(|held| newest.as_deref() == Some(held.version.as_str())) {
            return Ok(Ok(held));
        }
        let missing = |why: &str| Missing { kind: key.kind, object: key.object.clone(), why: why.to_owned() };
        let Some(found) = self.read(key).await? else {
            lock(&self.items).remove(key);
            return Ok(Err(missing("there is none: create it, or take it out of spec.dependencies")));
        };
        if found["type"] == "kubernetes.io/service-account-token" {
            return Ok(Err(missing(
                "it is a service account's token, which is good in its own cluster only",
            )));
        }
        let version = found["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        let manifest = member_manifest(&found, key);
        let Ok(bytes) = canonical_bytes(&manifest) else {
            return Ok(Err(missing("it is nested too deep")));
        };
        let item = Arc::new(Item { version, digest: template_name(&bytes), manifest });
        lock(&self.items).insert(key.clone(), item.clone());
        Ok(Ok(item))
    }

    async fn read(&self, key: &DependencyKey) -> Result<Option<Value>, PantryError> {
        match key.kind {
            DependencyKind::ConfigMap => self.get::<ConfigMap>(key).await,
            DependencyKind::Secret => self.get::<Secret>(key).await,
            DependencyKind::ServiceAccount => self.get::<ServiceAccount>(key).await,
        }
    }

    async fn get<K>(&self, key: &DependencyKey) -> Result<Option<Value>, PantryError>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Serialize
            + std::fmt::Debug,
    {
        let error = |source| PantryError { verb: "read", kind: key.kind, object: key.object.clone(), source };
        let api = Api::<K>::namespaced(self.client.clone(), &key.object.namespace);
        let found = api.get_opt(&key.object.name).await.map_err(error)?;
        found
            .map(|object| serde_json::to_value(object).map_err(kube::Error::SerdeError))
            .transpose()
            .map_err(error)
    }

    /// Copies a Secret into the namespace of a cluster, unless this content is there already.
    pub async fn copy(&self, secret: &Item, cluster: &ClusterName) -> Result<(), PantryError> {
        let (namespace, name) = (text(&secret.manifest, "namespace"), text(&secret.manifest, "name"));
        let copy = ObjectKey::new(names::cluster_namespace(cluster.as_str()), secret_copy(namespace, name));
        if lock(&self.copies).get(&copy) == Some(&secret.digest) {
            return Ok(());
        }
        let mut body = secret.manifest.clone();
        body["metadata"] = json!({
            "name": copy.name,
            "labels": {names::MANAGED_BY: names::CAFE_FEDERATION},
            "annotations": {names::SOURCE_NAME: name, names::SOURCE_NAMESPACE: namespace},
        });
        let api = Api::<Secret>::namespaced(self.client.clone(), &copy.namespace);
        let params = PatchParams::apply(names::HUB_MANAGER).force();
        let applied = api.patch(&copy.name, &params, &Patch::Apply(&body)).await;
        let kind = DependencyKind::Secret;
        applied.map_err(|source| PantryError { verb: "copy", kind, object: copy.clone(), source })?;
        lock(&self.copies).insert(copy, secret.digest.clone());
        Ok(())
    }

    /// Forgets copies that no Work in `works` refers to: they may be collected, and are made anew when needed.
    pub fn forget_copies(&self, cluster: &ClusterName, work: Option<&Work>) {
        let namespace = names::cluster_namespace(cluster.as_str());
        let referred: BTreeSet<&str> =
            work.iter().flat_map(|work| &work.spec.carried).filter_map(|c| c.secret_ref.as_deref()).collect();
        lock(&self.copies)
            .retain(|key, _| key.namespace != namespace || referred.contains(key.name.as_str()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text<'a>(manifest: &'a Value, field: &str) -> &'a str {
    manifest["metadata"][field].as_str().unwrap_or_default()
}

/// The object without what is the hub's own: identity, history, tokens.
fn member_manifest(found: &Value, key: &DependencyKey) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".into(), key.object.name.as_str().into());
    metadata.insert("namespace".into(), key.object.namespace.as_str().into());
    if let Some(labels) = found["metadata"]["labels"].as_object().filter(|labels| !labels.is_empty()) {
        metadata.insert("labels".into(), Value::Object(labels.clone()));
    }
    if let Some(annotations) = found["metadata"]["annotations"].as_object() {
        let own = |name: &&String| !name.starts_with("kubectl.kubernetes.io/") && *name != names::TRACEPARENT;
        let kept: Map<String, Value> = annotations
            .iter()
            .filter(|(name, _)| own(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !kept.is_empty() {
            metadata.insert("annotations".into(), Value::Object(kept));
        }
    }
    let (kind, parts): (&str, &[&str]) = match key.kind {
        DependencyKind::ConfigMap => ("ConfigMap", &["data", "binaryData", "immutable"]),
        DependencyKind::Secret => ("Secret", &["type", "data", "immutable"]),
        DependencyKind::ServiceAccount => {
            ("ServiceAccount", &["imagePullSecrets", "automountServiceAccountToken"])
        }
    };
    let mut manifest = json!({"apiVersion": "v1", "kind": kind, "metadata": metadata});
    for part in parts {
        if let Some(value) = found.get(*part).filter(|value| !value.is_null()) {
            manifest[*part] = value.clone();
        }
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_get_content_and_no_history_of_the_hub() {
        let found = json!({
            "metadata": {"name": "sa", "namespace": "n", "uid": "u", "resourceVersion": "7",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "shop"}},
            "secrets": [{"name": "sa-token"}], "imagePullSecrets": [{"name": "pull"}],
        });
        let key = DependencyKey { kind: DependencyKind::ServiceAccount, object: ObjectKey::new("n", "sa") };
        assert_eq!(
            member_manifest(&found, &key),
            json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": "sa", "namespace": "n", "annotations": {"team": "shop"}},
                "imagePullSecrets": [{"name": "pull"}]})
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let object = ObjectKey::new("shop", "db");
        let missing = Missing { kind: DependencyKind::Secret, object, why: "there is none".into() };
        assert_eq!(missing.to_string(), "Secret shop/db must go along, but there is none");
    }
}
