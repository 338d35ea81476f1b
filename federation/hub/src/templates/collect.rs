//! Removing templates and copies of Secrets that no Work and no history refers to: after a grace, and judged by fresh
//! lists, because what is missing or late must not delete anything (I21).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crds::federation::{FederatedDeployment, Work};
use crds::names;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::jiff::Timestamp;
use kube::api::{DeleteParams, ListParams, ObjectMeta, Preconditions};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tracing::{info, warn};

use super::Shelf;
use crate::observe::ObjectKey;

/// Objects per page of a list.
const PAGE: u32 = 500;

/// Why a collection did not come to its end. Nothing was removed that is referred to.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A list could not be read whole.
    #[error("list {kind} for the collection of templates")]
    List {
        /// The kind.
        kind: String,
        /// Why.
        #[source]
        source: kube::Error,
    },
}

/// Removes what nobody refers to.
pub struct Collector {
    client: Client,
    shelf: Arc<Shelf>,
    grace: Duration,
}

#[derive(Debug, Default)]
struct Referred {
    templates: BTreeSet<String>,
    secrets: BTreeSet<ObjectKey>,
}

impl Collector {
    /// A collector that spares what is younger, or was used later, than `grace`.
    pub const fn new(client: Client, shelf: Arc<Shelf>, grace: Duration) -> Self {
        Self { client, shelf, grace }
    }

    /// One collection; returns how many objects were removed.
    pub async fn collect(&self, now: Timestamp) -> Result<usize, CollectError> {
        // Candidates first: what is referred to only afterwards is newer than the list of references.
        let templates = self.list(self.shelf.api(), None).await?;
        let label = format!("{}={}", names::MANAGED_BY, names::CAFE_FEDERATION);
        let secrets = self.list(&Api::<Secret>::all(self.client.clone()), Some(&label)).await?;
        let referred = self.referred().await?;
        let mut removed = 0;
        for template in templates {
            let name = template.name_any();
            let is_free = !referred.templates.contains(&name) && self.is_old(&template.metadata, now);
            if is_free && self.shelf.begin_collect(&name, self.grace) {
                removed += usize::from(delete(self.shelf.api(), &template.metadata).await);
                self.shelf.end_collect(&name);
            }
        }
        for secret in secrets {
            let key = ObjectKey::of(&secret);
            let is_copy = key.namespace.starts_with("cluster-")
                && secret.annotations().contains_key(names::SOURCE_NAME);
            if is_copy && !referred.secrets.contains(&key) && self.is_old(&secret.metadata, now) {
                let api = Api::<Secret>::namespaced(self.client.clone(), &key.namespace);
                removed += usize::from(delete(&api, &secret.metadata).await);
            }
        }
        if removed > 0 {
            info!(removed, "templates and copies of secrets collected");
        }
        Ok(removed)
    }

    async fn referred(&self) -> Result<Referred, CollectError> {
        let mut referred = Referred::default();
        for application in self.list(&Api::<FederatedDeployment>::all(self.client.clone()), None).await? {
            let history = application.status.into_iter().flat_map(|status| status.revisions);
            referred.templates.extend(history.map(|revision| revision.template));
        }
        for work in self.list(&Api::<Work>::all(self.client.clone()), None).await? {
            let namespace = work.namespace().unwrap_or_default();
            referred.templates.insert(work.spec.template_ref);
            for carried in work.spec.carried {
                referred.templates.extend(carried.template_ref);
                referred
                    .secrets
                    .extend(carried.secret_ref.map(|name| ObjectKey::new(namespace.as_str(), name)));
            }
        }
        Ok(referred)
    }

    async fn list<K>(&self, api: &Api<K>, labels: Option<&str>) -> Result<Vec<K>, CollectError>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
    {
        let mut params = ListParams::default().limit(PAGE);
        params.label_selector = labels.map(str::to_owned);
        let mut all = Vec::new();
        loop {
            let error = |source| CollectError::List { kind: K::kind(&()).into_owned(), source };
            let page = api.list(&params).await.map_err(error)?;
            all.extend(page.items);
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params = params.continue_token(&token),
                None => return Ok(all),
            }
        }
    }

    fn is_old(&self, metadata: &ObjectMeta, now: Timestamp) -> bool {
        let grace = i64::try_from(self.grace.as_secs()).unwrap_or(i64::MAX);
        let made = metadata.creation_timestamp.as_ref();
        made.is_some_and(|made| now.as_second().saturating_sub(made.0.as_second()) >= grace)
    }
}

/// Deletes exactly this object; one that is gone or was made anew is left alone.
async fn delete<K>(api: &Api<K>, metadata: &ObjectMeta) -> bool
where
    K: Clone + DeserializeOwned + std::fmt::Debug,
{
    let name = metadata.name.as_deref().unwrap_or_default();
    let preconditions = Preconditions { uid: metadata.uid.clone(), resource_version: None };
    let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    match api.delete(name, &params).await {
        Ok(_) => true,
        Err(error) => {
            warn!(name, %error, "not collected; the next collection tries again");
            false
        }
    }
}
