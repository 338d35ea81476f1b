//! The discovery documents, aggregated and legacy.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Discovery, Document};
use crate::builtin;

fn read(document: &Document) -> Value {
    serde_json::from_slice(&document.body).unwrap()
}

fn discovery() -> Discovery {
    let resources: Vec<_> = builtin::member().into_iter().map(Arc::new).collect();
    Discovery::new(&resources)
}

#[test]
fn the_core_group_has_no_name_and_its_kinds_are_whole() {
    let list = read(discovery().api(true));
    assert_eq!(list["items"][0]["metadata"], json!({}));
    let resources = list["items"][0]["versions"][0]["resources"].as_array().unwrap();
    let namespaces = resources.iter().find(|r| r["resource"] == "namespaces").unwrap();
    assert_eq!(
        *namespaces,
        json!({
            "resource": "namespaces",
            "responseKind": {"group": "", "version": "v1", "kind": "Namespace"},
            "scope": "Cluster",
            "singularResource": "namespace",
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
            "shortNames": ["ns"],
            "subresources": [
                {"subresource": "finalize", "responseKind": {"group": "", "version": "v1", "kind": "Namespace"},
                 "verbs": ["update"]},
                {"subresource": "status", "responseKind": {"group": "", "version": "v1", "kind": "Namespace"},
                 "verbs": ["get", "patch", "update"]}]
        })
    );
}

#[test]
fn groups_stand_in_the_order_of_upstream() {
    let list = read(discovery().apis(true));
    let names: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|i| i["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "apps",
            "events.k8s.io",
            "authentication.k8s.io",
            "authorization.k8s.io",
            "certificates.k8s.io",
            "policy",
            "rbac.authorization.k8s.io",
            "coordination.k8s.io"
        ]
    );
}

#[test]
fn subresources_answer_with_the_kind_they_have() {
    let list = read(discovery().version("", "v1").unwrap());
    let of = |name: &str| {
        list["resources"].as_array().unwrap().iter().find(|r| r["name"] == name).cloned().unwrap()
    };
    assert_eq!(
        of("pods/eviction"),
        json!({"name": "pods/eviction", "singularName": "", "namespaced": true, "group": "policy", "version": "v1",
               "kind": "Eviction", "verbs": ["create"]})
    );
    let list = read(discovery().version("apps", "v1").unwrap());
    let scale =
        list["resources"].as_array().unwrap().iter().find(|r| r["name"] == "replicasets/scale").unwrap();
    assert_eq!((&scale["group"], &scale["kind"]), (&json!("autoscaling"), &json!("Scale")));
}

/// Every entry of ours is the entry of a real kube-apiserver 1.36 (`assets/testdata`). It serves more.
#[test]
fn our_entries_are_those_of_upstream() {
    let captured: Vec<Value> =
        serde_json::from_str(include_str!("../../assets/testdata/discovery.json")).unwrap();
    let discovery = discovery();
    for upstream in captured {
        let group_version = upstream["groupVersion"].as_str().unwrap();
        let (group, version) = group_version.rsplit_once('/').unwrap_or(("", group_version));
        let ours = read(discovery.version(group, version).unwrap());
        let entries = upstream["resources"].as_array().unwrap();
        for entry in ours["resources"].as_array().unwrap() {
            let theirs = entries.iter().find(|e| e["name"] == entry["name"]);
            assert_eq!(Some(entry), theirs, "{group_version}");
        }
    }
}

#[test]
fn legacy_documents_name_their_versions() {
    let discovery = discovery();
    assert_eq!(
        read(discovery.api(false)),
        json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
    );
    let apps = read(discovery.group("apps").unwrap());
    assert_eq!(apps["preferredVersion"], json!({"groupVersion": "apps/v1", "version": "v1"}));
    assert!(discovery.group("").is_none() && discovery.version("apps", "v2").is_none());
}

#[test]
fn a_change_of_kinds_changes_the_etag() {
    let hub: Vec<_> = builtin::hub().into_iter().map(Arc::new).collect();
    assert_ne!(Discovery::new(&hub).apis(true).etag, discovery().apis(true).etag);
    assert_eq!(discovery().apis(true).etag, discovery().apis(true).etag);
}
