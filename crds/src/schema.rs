//! Pieces of schema that the derive cannot say: whole pod templates, any manifest, keyed lists.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A `core/v1 PodTemplateSpec` kept as JSON, so that a field of a newer Kubernetes is not lost on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PodTemplate(pub Value);

impl JsonSchema for PodTemplate {
    fn schema_name() -> Cow<'static, str> {
        "PodTemplate".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // A generator of its own, with everything in line: the derive's settings belong to our own fields.
        let mut settings = schemars::generate::SchemaSettings::openapi3();
        settings.inline_subschemas = true;
        let root = settings.into_generator().into_root_schema_for::<PodTemplateSpec>();
        let mut value = root.to_value();
        tidy(&mut value, "template");
        if let Value::Object(map) = &mut value {
            map.insert(
                "description".into(),
                "The pods, as in a Deployment (see `kubectl explain pod.spec`).".into(),
            );
        }
        Schema::try_from(value).unwrap_or_default()
    }
}

/// Makes an upstream schema structural and small: no nested descriptions, keyed lists where a server-side
/// apply should merge by key, numbers accepted as quantities.
fn tidy(schema: &mut Value, name: &str) {
    let Value::Object(map) = schema else { return };
    for noise in ["description", "title", "$schema", "definitions", "components", "nullable"] {
        map.remove(noise);
    }
    if let Some(key) = list_key(name)
        && map.get("type").and_then(Value::as_str) == Some("array")
    {
        map.insert("x-kubernetes-list-type".into(), "map".into());
        map.insert("x-kubernetes-list-map-keys".into(), Value::Array(vec![key.into()]));
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            tidy(property, name);
        }
    }
    if matches!(name, "limits" | "requests" | "capacity" | "overhead")
        && let Some(Value::Object(values)) = map.get_mut("additionalProperties")
    {
        *values = quantity();
        return;
    }
    if matches!(name, "divisor" | "sizeLimit") {
        *map = quantity();
        return;
    }
    for nested in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(nested) {
            tidy(inner, "");
        }
    }
}

/// The key by which upstream merges a list of this name, where every item must have it.
fn list_key(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "volumes" | "env" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        _ => None,
    }
}

fn quantity() -> serde_json::Map<String, Value> {
    let mut map = serde_json::Map::new();
    map.insert("x-kubernetes-int-or-string".into(), Value::Bool(true));
    map
}

/// Any Kubernetes manifest: `apiVersion`, `kind`, `metadata` and whatever its kind has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifest(pub Value);

impl JsonSchema for Manifest {
    fn schema_name() -> Cow<'static, str> {
        "Manifest".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "A whole manifest of any kind that the member's agent may apply.",
            "required": ["apiVersion", "kind"],
            "properties": {
                "apiVersion": {"type": "string", "minLength": 1},
                "kind": {"type": "string", "minLength": 1}
            },
            "x-kubernetes-preserve-unknown-fields": true
        })
    }
}

/// A value of any JSON type (the `value` of a JSON patch operation).
pub fn any(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"x-kubernetes-preserve-unknown-fields": true})
}

/// An integer or a percentage such as `40%`.
pub fn int_or_percent_map(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        // Without a bound, the cost of a rule over it has none either, and a real API server refuses the CRD.
        "maxProperties": 128,
        "additionalProperties": {"x-kubernetes-int-or-string": true},
    })
}

/// Conditions keyed by their type, as every Kubernetes kind has them.
pub fn conditions(generator: &mut SchemaGenerator) -> Schema {
    let mut schema =
        generator.subschema_for::<Vec<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition>>();
    schema.insert(
        "description".into(),
        "Conditions by type; each says why in one reason, with numbers.".into(),
    );
    schema.insert("x-kubernetes-list-type".into(), "map".into());
    schema.insert("x-kubernetes-list-map-keys".into(), Value::Array(vec!["type".into()]));
    schema
}
