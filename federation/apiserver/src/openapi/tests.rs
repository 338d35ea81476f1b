//! The OpenAPI index and documents.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::OpenApi;
use crate::builtin;

fn member() -> OpenApi {
    let resources: Vec<_> = builtin::member().into_iter().map(Arc::new).collect();
    OpenApi::new(&resources)
}

fn document(openapi: &OpenApi, path: &str) -> Value {
    let rendered = openapi.document(path).unwrap().unwrap();
    serde_json::from_slice(&rendered.plain().unwrap()).unwrap()
}

fn references(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            out.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| references(v, out));
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}

#[test]
fn every_document_of_the_index_is_there_and_closed() {
    let openapi = member();
    let index: Value = serde_json::from_slice(&openapi.index().body).unwrap();
    for (path, entry) in index["paths"].as_object().unwrap() {
        let document = document(&openapi, path);
        let mut wanted = BTreeSet::new();
        references(&document, &mut wanted);
        for reference in wanted {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{path} lacks {reference}");
        }
        let etag = openapi.etag(path).unwrap().trim_matches('"');
        assert_eq!(entry["serverRelativeURL"], format!("/openapi/v3/{path}?hash={etag}"));
    }
    assert!(openapi.document("apis/none/v1").is_none());
}

/// kubectl's `queryParamVerifierV3` and the template of `kubectl explain`, in short.
#[test]
fn kubectl_finds_patch_and_schema_of_every_kind() {
    let openapi = member();
    for kind in builtin::member() {
        let document = document(&openapi, &super::path_of(&kind.group, &kind.version));
        let gvk = serde_json::json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let schema = schemas.values().find(|schema| {
            schema["x-kubernetes-group-version-kind"].as_array().is_some_and(|list| list.contains(&gvk))
        });
        assert!(schema.is_some(), "no schema of {}", kind.kind);
        if !kind.verbs.update {
            continue;
        }
        let paths = document["paths"].as_object().unwrap();
        let patch = paths
            .values()
            .filter_map(|item| item.get("patch"))
            .find(|op| op["x-kubernetes-group-version-kind"] == gvk)
            .unwrap_or_else(|| panic!("no PATCH of {}", kind.kind));
        let names: Vec<&str> =
            patch["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["dryRun", "fieldManager", "fieldValidation", "force"]);
        assert!(patch["requestBody"]["content"].get("application/strategic-merge-patch+json").is_some());
    }
}

#[test]
fn schemas_are_those_of_upstream_with_their_words() {
    let core = document(&member(), "api/v1");
    let pod = &core["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"];
    assert_eq!(pod["containers"]["x-kubernetes-patch-merge-key"], "name");
    assert!(pod["containers"]["description"].as_str().unwrap().starts_with("List of containers"));
}
