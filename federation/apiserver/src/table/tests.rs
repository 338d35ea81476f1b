//! Tables: columns, rows, ages.

use serde_json::{Value, json};

use super::{IncludeObject, Printer};
use crate::custom;

fn ticket() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "tickets.shop.example"},
        "spec": {
            "group": "shop.example", "scope": "Namespaced",
            "names": {"plural": "tickets", "singular": "ticket", "kind": "Ticket"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {
                        "seat": {"type": "integer"}, "until": {"type": "string"},
                        "tags": {"type": "array", "items": {"type": "string"}}}}}}},
                "additionalPrinterColumns": [
                    {"name": "Seat", "type": "integer", "jsonPath": ".spec.seat"},
                    {"name": "Seat text", "type": "string", "jsonPath": ".spec.seat"},
                    {"name": "Tags", "type": "string", "jsonPath": ".spec.tags"},
                    {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "priority": 1}]
            }]
        }
    })
}

fn row(object: &Value, include: IncludeObject) -> Value {
    let resource = custom::resource(&ticket()).unwrap();
    let printer = Printer::new(&resource);
    serde_json::from_slice(&printer.row(object, include, 1_767_225_600)).unwrap()
}

#[test]
fn cells_follow_the_types_of_their_columns() {
    let object = json!({
        "metadata": {"name": "a", "creationTimestamp": "2025-12-31T23:55:00Z"},
        "spec": {"seat": 7, "tags": ["x", "y"]},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}
    });
    let row = row(&object, IncludeObject::None);
    assert_eq!(row["cells"], json!(["a", 7, "7", "[\"x\",\"y\"]", "True", "5m"]));
    assert_eq!(row["object"], Value::Null);
}

#[test]
fn what_is_missing_or_of_another_type_is_null() {
    let row = row(&json!({"metadata": {"name": "a"}, "spec": {"seat": "x"}}), IncludeObject::None);
    assert_eq!(row["cells"], json!(["a", null, "x", null, null, null]));
}

#[test]
fn a_row_carries_metadata_or_the_object() {
    let object = json!({"kind": "Ticket", "metadata": {"name": "a"}});
    assert_eq!(
        row(&object, IncludeObject::Metadata)["object"],
        json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "a"}})
    );
    assert_eq!(row(&object, IncludeObject::Object)["object"], object);
}

#[test]
fn a_table_is_one_json_document() {
    let printer = Printer::new(&custom::resource(&ticket()).unwrap());
    let mut text = printer.table_start("{\"resourceVersion\":\"5\"}", true);
    printer.write_row(&mut text, &json!({"metadata": {"name": "a"}}), IncludeObject::None, 0);
    text.extend_from_slice(Printer::TABLE_END);
    let table: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(table["columnDefinitions"][0]["name"], "Name");
    assert_eq!(table["columnDefinitions"][5]["priority"], 1);
    assert_eq!(table["rows"].as_array().unwrap().len(), 1);
    assert_eq!(table["metadata"]["resourceVersion"], "5");
}

#[test]
fn include_object_is_one_of_three_words() {
    assert_eq!(IncludeObject::parse("").unwrap(), IncludeObject::Metadata);
    assert_eq!(IncludeObject::parse("Some").unwrap_err().code(), 400);
}
