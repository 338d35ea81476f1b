//! Which kinds the server serves, from its own discovery.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::Client;
use kube::core::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::discovery::{ApiCapabilities, Discovery, Scope, verbs};
use kube::{Api, core::discovery};

/// One served kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Names and version.
    pub resource: ApiResource,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether `deletecollection` is served.
    pub delete_collection: bool,
}

impl Kind {
    fn read(resource: ApiResource, capabilities: &ApiCapabilities) -> Option<Self> {
        let has = |verb| capabilities.supports_operation(verb);
        // What cannot be listed, watched and deleted is no object (reviews).
        if !has(verbs::LIST) || !has(verbs::WATCH) || !has(verbs::DELETE) {
            return None;
        }
        let namespaced = capabilities.scope == Scope::Namespaced;
        Some(Self { resource, namespaced, delete_collection: has(verbs::DELETE_COLLECTION) })
    }

    /// Metadata of the objects, in `namespace` or (if it is empty) everywhere.
    pub fn metadata(&self, client: Client, namespace: &str) -> Api<PartialObjectMeta<DynamicObject>> {
        if self.namespaced && !namespace.is_empty() {
            Api::namespaced_with(client, namespace, &self.resource)
        } else {
            Api::all_with(client, &self.resource)
        }
    }

    /// Whole objects, in `namespace` or (if it is empty) everywhere.
    pub fn objects(&self, client: Client, namespace: &str) -> Api<DynamicObject> {
        if self.namespaced && !namespace.is_empty() {
            Api::namespaced_with(client, namespace, &self.resource)
        } else {
            Api::all_with(client, &self.resource)
        }
    }

    /// `plural.group`, as upstream writes it in messages.
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.resource.plural, self.resource.group)
    }
}

/// All kinds that can be listed, watched and deleted, in the order of group and plural.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    list: Vec<Kind>,
    by_group_kind: BTreeMap<(String, String), usize>,
}

impl Kinds {
    /// The kinds in `list`, in a fixed order.
    pub fn new(mut list: Vec<Kind>) -> Self {
        list.sort_by(|a, b| {
            (&a.resource.group, &a.resource.plural).cmp(&(&b.resource.group, &b.resource.plural))
        });
        let key = |(i, kind): (usize, &Kind)| ((kind.resource.group.clone(), kind.resource.kind.clone()), i);
        let by_group_kind = list.iter().enumerate().map(key).collect();
        Self { list, by_group_kind }
    }

    /// Asks the server.
    ///
    /// # Errors
    /// Discovery failed.
    pub async fn discover(client: &Client) -> Result<Self, kube::Error> {
        let found = Discovery::new(client.clone()).run_aggregated().await?;
        let kinds = found.groups().flat_map(|group| group.recommended_resources());
        Ok(Self::new(kinds.filter_map(|(resource, can)| Kind::read(resource, &can)).collect()))
    }

    /// Asks the server until it answers.
    pub async fn discover_patiently(client: &Client) -> Self {
        let mut wait = Duration::from_millis(50);
        loop {
            match Self::discover(client).await {
                Ok(kinds) => return kinds,
                Err(error) => tracing::warn!(%error, "discovery failed; trying again in {wait:?}"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(5));
        }
    }

    /// The kinds, in order; their places are used as numbers elsewhere.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.list.iter()
    }

    /// The kind with that number.
    pub fn get(&self, number: usize) -> Option<&Kind> {
        self.list.get(number)
    }

    /// The number of the kind that an owner reference names; its version does not matter.
    pub fn find(&self, api_version: &str, kind: &str) -> Option<usize> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        self.by_group_kind.get(&(group.to_owned(), kind.to_owned())).copied()
    }
}

/// A [`Kind`] by its names, for tests and fixed set-ups.
pub fn kind(group: &str, version: &str, kind: &str, plural: &str, namespaced: bool) -> Kind {
    let gvk = kube::core::GroupVersionKind::gvk(group, version, kind);
    let resource = discovery::ApiResource::from_gvk_with_plural(&gvk, plural);
    Kind { resource, namespaced, delete_collection: true }
}
