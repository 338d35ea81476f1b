//! How the schema of a custom kind is published: with `apiVersion`, `kind` and `metadata`, and without
//! what OpenAPI v3 does not know.

use serde_json::{Value, json};

/// Reversed group, version, kind: `org.example.apps.v1.Widget`.
pub(super) fn definition_name(group: &str, version: &str, kind: &str) -> String {
    let mut parts: Vec<&str> = group.split('.').collect();
    parts.reverse();
    format!("{}.{version}.{kind}", parts.join("."))
}

/// The schema to publish.
pub(super) fn schema(mut schema: Value, group: &str, version: &str, kind: &str) -> Value {
    const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    let Some(map) = schema.as_object_mut() else { return schema };
    map.insert(
        "x-kubernetes-group-version-kind".into(),
        json!([{"group": group, "version": version, "kind": kind}]),
    );
    let properties = map.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(
            "apiVersion".into(),
            json!({"type": "string", "description": "APIVersion defines the versioned schema of this representation \
                of an object. Servers should convert recognized schemas to the latest internal value, and may reject \
                unrecognized values. More info: \
                https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources"}),
        );
        properties.insert(
            "kind".into(),
            json!({"type": "string", "description": "Kind is a string value representing the REST resource this \
                object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be \
                updated. In CamelCase. More info: \
                https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds"}),
        );
        properties.insert(
            "metadata".into(),
            json!({
                "description": "Standard object's metadata. More info: \
                    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
                "allOf": [{"$ref": format!("#/components/schemas/{META}")}],
            }),
        );
    }
    schema
}
