//! Types of upstream that are known by name: ObjectMeta, and those whose published schema says less than
//! their JSON form is.

/// ObjectMeta as every object has it, with the list types of upstream.
pub(super) const OBJECT_META: &str = r#"{
  "type": "object",
  "properties": {
    "name": {"type": "string"}, "generateName": {"type": "string"}, "namespace": {"type": "string"},
    "selfLink": {"type": "string"}, "uid": {"type": "string"}, "resourceVersion": {"type": "string"},
    "generation": {"type": "integer", "format": "int64"},
    "creationTimestamp": {"type": "string", "format": "date-time"},
    "deletionTimestamp": {"type": "string", "format": "date-time"},
    "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    "finalizers": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge"},
    "ownerReferences": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge",
      "items": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "name": {"type": "string"},
        "uid": {"type": "string"}, "controller": {"type": "boolean"}, "blockOwnerDeletion": {"type": "boolean"}}}},
    "managedFields": {"type": "array", "items": {"type": "object", "properties": {
        "manager": {"type": "string"}, "operation": {"type": "string"}, "apiVersion": {"type": "string"},
        "time": {"type": "string", "format": "date-time"}, "fieldsType": {"type": "string"},
        "subresource": {"type": "string"},
        "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}
  }
}"#;

/// Types of upstream whose published schema says less than their JSON form is.
pub(super) const SPECIAL: [(&str, &str); 6] = [
    (".util.intstr.IntOrString", r#"{"x-kubernetes-int-or-string": true}"#),
    (".api.resource.Quantity", r#"{"x-quantity": true}"#),
    (
        ".runtime.RawExtension",
        r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-map-type": "atomic"}"#,
    ),
    (
        ".meta.v1.FieldsV1",
        r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-map-type": "atomic"}"#,
    ),
    (".meta.v1.ObjectMeta", OBJECT_META),
    ("apiextensions.v1.JSON", r#"{"x-kubernetes-preserve-unknown-fields": true}"#),
];
