//! Which kinds there are: the aggregated discovery documents (`apidiscovery.k8s.io/v2`) and the legacy
//! ones, rendered once whenever the set of kinds changes.

mod aggregated;
mod legacy;
mod order;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::resource::{ExtraSubresource, Resource, Verbs};

/// `Content-Type` of the aggregated documents; clients ask for it by the same parameters in `Accept`.
pub const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// A document that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Document {
    /// JSON.
    pub body: Bytes,
    /// Quoted, as the `ETag` header has it. Clients send it back in `If-None-Match`.
    pub etag: String,
}

impl Document {
    fn new(value: &Value) -> Self {
        let body = Bytes::from(serde_json::to_vec(value).expect("a JSON value always serializes"));
        let etag = format!("\"{}\"", hex::encode_upper(Sha256::digest(&body)));
        Self { body, etag }
    }
}

/// All discovery documents of a server.
pub struct Discovery {
    api: Document,
    api_aggregated: Document,
    apis: Document,
    apis_aggregated: Document,
    groups: BTreeMap<String, Document>,
    versions: BTreeMap<(String, String), Document>,
}

/// Kinds by group, best group first, and by version, newest first.
type Catalogue<'a> = Vec<(&'a str, Vec<(&'a str, Vec<&'a Resource>)>)>;

impl Discovery {
    /// Renders the documents of `resources`, which may come in any order.
    pub fn new(resources: &[Arc<Resource>]) -> Self {
        let catalogue = catalogue(resources);
        let core: Vec<_> = catalogue.iter().filter(|(group, _)| group.is_empty()).cloned().collect();
        let named: Vec<_> = catalogue.iter().filter(|(group, _)| !group.is_empty()).cloned().collect();
        let mut versions = BTreeMap::new();
        for (group, of_group) in &catalogue {
            for (version, kinds) in of_group {
                let document = Document::new(&legacy::resources(group, version, kinds));
                versions.insert(((*group).to_owned(), (*version).to_owned()), document);
            }
        }
        let mut groups = BTreeMap::new();
        for (group, of_group) in &named {
            groups.insert((*group).to_owned(), Document::new(&legacy::group_document(group, of_group)));
        }
        Self {
            api: Document::new(&legacy::core_versions(&core)),
            api_aggregated: Document::new(&aggregated::list(&core)),
            apis: Document::new(&legacy::group_list(&named)),
            apis_aggregated: Document::new(&aggregated::list(&named)),
            groups,
            versions,
        }
    }

    /// `/api`: the aggregated document of the core group, or `APIVersions`.
    pub fn api(&self, aggregated: bool) -> &Document {
        if aggregated { &self.api_aggregated } else { &self.api }
    }

    /// `/apis`: the aggregated document of all named groups, or `APIGroupList`.
    pub fn apis(&self, aggregated: bool) -> &Document {
        if aggregated { &self.apis_aggregated } else { &self.apis }
    }

    /// `/apis/GROUP`: `APIGroup`.
    pub fn group(&self, group: &str) -> Option<&Document> {
        self.groups.get(group)
    }

    /// `/apis/GROUP/VERSION`, or `/api/VERSION` for the empty group: `APIResourceList`.
    pub fn version(&self, group: &str, version: &str) -> Option<&Document> {
        self.versions.get(&(group.to_owned(), version.to_owned()))
    }
}

fn catalogue(resources: &[Arc<Resource>]) -> Catalogue<'_> {
    let mut by_group: BTreeMap<(std::cmp::Reverse<u32>, &str), Vec<&Resource>> = BTreeMap::new();
    for resource in resources {
        by_group
            .entry((std::cmp::Reverse(order::weight(&resource.group)), &resource.group))
            .or_default()
            .push(resource);
    }
    by_group
        .into_iter()
        .map(|((_, group), kinds)| {
            let mut versions: Vec<(&str, Vec<&Resource>)> = Vec::new();
            for kind in kinds {
                match versions.iter_mut().find(|(version, _)| *version == kind.version) {
                    Some((_, of_version)) => of_version.push(kind),
                    None => versions.push((&kind.version, vec![kind])),
                }
            }
            versions.sort_by(|(a, _), (b, _)| order::versions(a, b));
            for (_, kinds) in &mut versions {
                kinds.sort_by(|a, b| a.plural.cmp(&b.plural));
            }
            (group, versions)
        })
        .collect()
}

/// Verbs in the order upstream lists them.
fn verbs(verbs: Verbs) -> Vec<&'static str> {
    let mut list = Vec::new();
    list.extend(verbs.create.then_some("create"));
    list.extend(verbs.delete.then_some("delete"));
    list.extend(verbs.delete_collection.then_some("deletecollection"));
    list.extend(verbs.read.then_some(["get", "list"]).into_iter().flatten());
    list.extend(verbs.update.then_some(["patch", "update"]).into_iter().flatten());
    list.extend(verbs.read.then_some("watch"));
    list
}

/// One subresource as discovery shows it.
struct Shown<'a> {
    name: &'a str,
    group: &'a str,
    version: &'a str,
    kind: &'a str,
    verbs: &'static [&'static str],
}

fn subresources(resource: &Resource) -> Vec<Shown<'_>> {
    const READ_WRITE: &[&str] = &["get", "patch", "update"];
    let own = |name, verbs| {
        let Resource { group, version, kind, .. } = resource;
        Shown { name, group, version, kind, verbs }
    };
    let other = |extra: &ExtraSubresource| extra.posted.is_none() && extra.patch;
    let mut list = Vec::new();
    for extra in &resource.subresources.others {
        list.push(match extra.posted {
            Some(kind) => Shown {
                name: &extra.name,
                group: kind.group,
                version: kind.version,
                kind: kind.kind,
                verbs: &["create"],
            },
            None => own(&extra.name, if other(extra) { READ_WRITE } else { &["update"] }),
        });
    }
    if resource.subresources.scale.is_some() {
        list.push(Shown {
            name: "scale",
            group: "autoscaling",
            version: "v1",
            kind: "Scale",
            verbs: READ_WRITE,
        });
    }
    if resource.subresources.status {
        list.push(own("status", READ_WRITE));
    }
    list.sort_by(|a, b| a.name.cmp(b.name));
    list
}

/// Changes when the stored form of a kind changes; upstream computes it the same way.
fn storage_version_hash(resource: &Resource) -> String {
    let (group, version) = match resource.strategy.view() {
        Some(view) => (view.group, view.version),
        None => (resource.group.as_str(), resource.version.as_str()),
    };
    let hash = Sha256::digest(format!("{group}/{version}/{}", resource.kind));
    base64::engine::general_purpose::STANDARD.encode(&hash[..8])
}

#[cfg(test)]
mod tests;
