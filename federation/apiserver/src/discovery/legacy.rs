//! `APIVersions`, `APIGroupList`, `APIGroup` and `APIResourceList`: what older clients, `kubectl auth
//! can-i` and kube-rs read.

use serde_json::{Map, Value, json};

use super::{Catalogue, storage_version_hash, subresources, verbs};
use crate::resource::Resource;

pub(super) fn core_versions(core: &Catalogue<'_>) -> Value {
    let versions: Vec<&str> =
        core.iter().flat_map(|(_, versions)| versions.iter().map(|(v, _)| *v)).collect();
    json!({"kind": "APIVersions", "versions": versions, "serverAddressByClientCIDRs": []})
}

pub(super) fn group_list(named: &Catalogue<'_>) -> Value {
    let groups: Vec<Value> = named.iter().map(|(name, versions)| group(name, versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

pub(super) fn group_document(name: &str, versions: &[(&str, Vec<&Resource>)]) -> Value {
    let mut document = group(name, versions);
    document["kind"] = json!("APIGroup");
    document["apiVersion"] = json!("v1");
    document
}

fn group(name: &str, versions: &[(&str, Vec<&Resource>)]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|(version, _)| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    let preferred = versions.first().cloned();
    json!({"name": name, "versions": versions, "preferredVersion": preferred})
}

pub(super) fn resources(group: &str, version: &str, kinds: &[&Resource]) -> Value {
    let mut entries = Vec::new();
    for resource in kinds {
        entries.push(entry(resource));
        for sub in subresources(resource) {
            let mut entry = Map::new();
            entry.insert("name".into(), json!(format!("{}/{}", resource.plural, sub.name)));
            entry.insert("singularName".into(), json!(""));
            entry.insert("namespaced".into(), json!(resource.namespaced));
            if (sub.group, sub.version) != (group, version) {
                entry.insert("group".into(), json!(sub.group));
                entry.insert("version".into(), json!(sub.version));
            }
            entry.insert("kind".into(), json!(sub.kind));
            entry.insert("verbs".into(), json!(sub.verbs));
            entries.push(Value::Object(entry));
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": entries})
}

fn entry(resource: &Resource) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), json!(resource.plural));
    entry.insert("singularName".into(), json!(resource.singular));
    entry.insert("namespaced".into(), json!(resource.namespaced));
    entry.insert("kind".into(), json!(resource.kind));
    entry.insert("verbs".into(), json!(verbs(resource.verbs)));
    if !resource.short_names.is_empty() {
        entry.insert("shortNames".into(), json!(resource.short_names));
    }
    if !resource.categories.is_empty() {
        entry.insert("categories".into(), json!(resource.categories));
    }
    if resource.verbs.read {
        entry.insert("storageVersionHash".into(), json!(storage_version_hash(resource)));
    }
    Value::Object(entry)
}
