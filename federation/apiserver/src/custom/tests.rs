//! Kinds out of CRD manifests: what is taken over, and what is refused.

use std::error::Error;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{CustomError, resource};
use crate::openapi::OpenApi;
use crate::resource::Origin;

fn crd() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "tickets.shop.example"},
        "spec": {
            "group": "shop.example", "scope": "Namespaced",
            "names": {"plural": "tickets", "kind": "Ticket", "shortNames": ["tk"], "categories": ["fed"]},
            "versions": [{
                "name": "v1alpha1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "description": "A ticket.", "properties": {
                    "spec": {"type": "object", "properties": {
                        "replicas": {"type": "integer"}, "seat": {"type": "string"}}},
                    "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}}}}},
                "subresources": {"status": {}, "scale": {
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
                "selectableFields": [{"jsonPath": ".spec.seat"}]
            }]
        }
    })
}

#[test]
fn a_manifest_becomes_a_kind() {
    let kind = resource(&crd()).unwrap();
    assert_eq!((kind.singular.as_str(), kind.list_kind.as_str()), ("ticket", "TicketList"));
    assert_eq!(kind.definition_name, "example.shop.v1alpha1.Ticket");
    assert_eq!(kind.origin, Origin::Custom);
    assert!(kind.subresources.status && kind.namespaced);
    assert_eq!(kind.subresources.scale.unwrap().spec_replicas, ".spec.replicas");
    assert_eq!(kind.selectable_fields, [".spec.seat"]);
    assert_eq!(kind.columns.len(), 1, "the age is the default");
}

#[test]
fn its_document_has_metadata_list_and_no_strategic_merge() {
    let openapi = OpenApi::new(&[Arc::new(resource(&crd()).unwrap())]);
    let rendered = openapi.document("apis/shop.example/v1alpha1").unwrap().unwrap();
    let document: Value = serde_json::from_slice(&rendered.plain().unwrap()).unwrap();
    let schemas = &document["components"]["schemas"];
    let schema = &schemas["example.shop.v1alpha1.Ticket"];
    assert_eq!(schema["description"], "A ticket.");
    assert!(
        schema["properties"]["metadata"]["allOf"][0]["$ref"].as_str().unwrap().ends_with("v1.ObjectMeta")
    );
    assert!(schemas.get("example.shop.v1alpha1.TicketList").is_some());
    assert!(schemas.get("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta").is_some());
    let path = "/apis/shop.example/v1alpha1/namespaces/{namespace}/tickets/{name}";
    let content = document["paths"][path]["patch"]["requestBody"]["content"].as_object().unwrap();
    assert!(content.contains_key("application/apply-patch+yaml"));
    assert!(!content.contains_key("application/strategic-merge-patch+json"));
    let scale = &document["paths"][format!("{path}/scale")]["get"]["x-kubernetes-group-version-kind"];
    assert_eq!(*scale, json!({"group": "autoscaling", "version": "v1", "kind": "Scale"}));
}

#[test]
fn what_is_wrong_is_named() {
    for (pointer, value, field) in [
        ("/metadata/name", json!("other.shop.example"), "metadata.name"),
        ("/spec/scope", json!("Everywhere"), "spec.scope"),
        ("/spec/names/shortNames/0", json!("T K"), "spec.names.shortNames"),
        ("/spec/versions/0/storage", json!(false), "spec.versions"),
        ("/spec/versions/0/served", json!(false), "spec.versions[0].served"),
        ("/spec/versions/0/schema/openAPIV3Schema/type", json!("string"), "schema.openAPIV3Schema.type"),
        ("/spec/versions/0/selectableFields/0/jsonPath", json!(".spec.none"), "selectableFields[0].jsonPath"),
        ("/spec/versions/0/selectableFields/0/jsonPath", json!(".spec[0]"), "selectableFields[0].jsonPath"),
        ("/spec/versions/0/selectableFields/0/jsonPath", json!("spec"), "selectableFields[0].jsonPath"),
        (
            "/spec/versions/0/subresources/scale/specReplicasPath",
            json!(".status.replicas"),
            "specReplicasPath",
        ),
    ] {
        let mut crd = crd();
        *crd.pointer_mut(pointer).unwrap() = value;
        let Err(error) = resource(&crd) else { panic!("{pointer} was taken") };
        assert!(error.to_string().contains(field), "{pointer}: {error}");
    }
    let error = resource(&json!({"metadata": {"name": "x"}})).map(|_| ()).unwrap_err();
    assert!(matches!(&error, CustomError::Shape { name, .. } if name == "x") && error.source().is_some());
}
