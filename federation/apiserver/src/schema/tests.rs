//! Schemas of custom and built-in kinds, and how their violations read.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Schema, SchemaError, default, prune, validate};
use crate::apply::strategies::{json_value, object, schema as apply_schema};

fn schema(spec: Value) -> Schema {
    Schema::from_json(&json!({"type": "object", "properties": {"spec": spec}}), &Map::new())
        .expect("test schema")
}

fn texts(schema: &Schema, spec: Value) -> Vec<String> {
    validate(&json!({"spec": spec}), schema, None).iter().map(ToString::to_string).collect()
}

#[test]
fn problems_read_as_upstream_words_them() {
    let schema = schema(json!({"type": "object", "required": ["replicas", "name"], "properties": {
        "replicas": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 10},
        "name": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]*$"},
        "policy": {"type": "string", "enum": ["Static", "Traffic"]},
        "ratio": {"type": "number", "exclusiveMinimum": true, "minimum": 0},
        "even": {"type": "integer", "multipleOf": 2},
        "port": {"x-kubernetes-int-or-string": true},
        "at": {"type": "string", "format": "date-time"},
        "note": {"type": "string", "nullable": true},
        "list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
        "map": {"type": "object", "maxProperties": 1, "additionalProperties": {"type": "integer"}}}}));
    let good = json!({"replicas": 1, "name": "ab", "policy": "Static", "ratio": 0.5, "even": 4, "port": "http",
        "at": "2026-01-01T00:00:00Z", "note": null, "list": ["a"], "map": {"k": 1}});
    assert_eq!(texts(&schema, good.clone()), Vec::<String>::new());
    let table = [
        (
            "replicas",
            json!("3"),
            "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"",
        ),
        (
            "replicas",
            json!(null),
            "spec.replicas: Invalid value: \"null\": spec.replicas in body must be of type integer: \"null\"",
        ),
        (
            "replicas",
            json!(1.5),
            "spec.replicas: Invalid value: \"number\": spec.replicas in body must be of type integer: \"number\"",
        ),
        (
            "replicas",
            json!(-1),
            "spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0",
        ),
        (
            "replicas",
            json!(11),
            "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
        ),
        (
            "name",
            json!("a"),
            "spec.name: Invalid value: \"a\": spec.name in body should be at least 2 chars long",
        ),
        ("name", json!("abcde"), "spec.name: Too long: may not be more than 4 bytes"),
        ("name", json!("AB"), "spec.name: Invalid value: \"AB\": spec.name in body should match '^[a-z]*$'"),
        (
            "policy",
            json!("Random"),
            "spec.policy: Unsupported value: \"Random\": supported values: \"Static\", \"Traffic\"",
        ),
        ("ratio", json!(0), "spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0"),
        ("even", json!(3), "spec.even: Invalid value: 3: spec.even in body should be a multiple of 2"),
        (
            "port",
            json!(true),
            "spec.port: Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\"",
        ),
        (
            "at",
            json!("soon"),
            "spec.at: Invalid value: \"soon\": spec.at in body must be of type date-time: \"soon\"",
        ),
        ("list", json!([]), "spec.list: Invalid value: []: spec.list in body should have at least 1 items"),
        ("list", json!(["a", "b", "c"]), "spec.list: Too many: 3: must have at most 2 items"),
        (
            "list",
            json!(["a", 1]),
            "spec.list[1]: Invalid value: \"integer\": spec.list[1] in body must be of type string: \"integer\"",
        ),
        (
            "map",
            json!({"k": "v"}),
            "spec.map.k: Invalid value: \"string\": spec.map.k in body must be of type integer: \"string\"",
        ),
        ("map", json!({"k": 1, "l": 2}), "spec.map: Too many: 2: must have at most 1 item"),
    ];
    for (field, value, expected) in table {
        let mut spec = good.clone();
        spec[field] = value;
        assert_eq!(texts(&schema, spec), [expected]);
    }
    let mut spec = good;
    spec.as_object_mut().expect("object").remove("name");
    assert_eq!(texts(&schema, spec), ["spec.name: Required value"]);
}

#[test]
fn duplicates_in_sets_and_maps_are_found() {
    let schema = apply_schema();
    assert_eq!(texts(&schema, json!({"names": ["a", "b", "a"]})), ["spec.names[2]: Duplicate value: \"a\""]);
    assert_eq!(
        texts(&schema, json!({"ports": [{"port": 1}, {"port": 1, "protocol": "TCP"}]})),
        ["spec.ports[1]: Duplicate value: {\"port\":1,\"protocol\":\"TCP\"}"]
    );
}

#[test]
fn junctors_are_value_rules() {
    let schema =
        schema(json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "anyOf": [{"properties": {"a": {"minimum": 5}}}],
        "not": {"required": ["c"]}, "x-kubernetes-preserve-unknown-fields": true}));
    assert!(texts(&schema, json!({"a": 5})).is_empty());
    assert_eq!(
        texts(&schema, json!({"a": 1})),
        ["spec: Invalid value: \"\": \"spec\" must validate at least one schema (anyOf)"]
    );
    assert_eq!(
        texts(&schema, json!({})),
        [
            "spec: Invalid value: \"\": \"spec\" must validate one and only one schema (oneOf). Found none valid"
        ]
    );
    assert_eq!(
        texts(&schema, json!({"a": 5, "c": 1})),
        ["spec: Invalid value: \"\": \"spec\" must not validate the schema (not)"]
    );
}

#[test]
fn unknown_fields_go_and_are_named() {
    let schema = apply_schema();
    let mut value = json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x", "foo": 1},
        "spec": {"replicas": 1, "bar": 1, "free": {"any": {"thing": 1}}, "labels": {"k": "v"},
            "containers": [{"name": "c"}, {"name": "d", "imag": "x"}]}, "extra": {}, "status": {"any": 1}});
    let unknown = prune(&mut value, &schema);
    assert_eq!(
        unknown,
        [
            "unknown field \"extra\"",
            "unknown field \"metadata.foo\"",
            "unknown field \"spec.bar\"",
            "unknown field \"spec.containers[1].imag\""
        ]
    );
    assert_eq!(
        value,
        json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x"},
        "spec": {"replicas": 1, "free": {"any": {"thing": 1}}, "labels": {"k": "v"},
            "containers": [{"name": "c"}, {"name": "d"}]}, "status": {"any": 1}})
    );
    assert!(prune(&mut value, &schema).is_empty());
}

#[test]
fn an_embedded_object_keeps_its_head() {
    let schema = schema(json!({"type": "object", "properties": {
        "template": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"data": {"type": "string"}}},
        "manifest": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}}}));
    let mut value = json!({"spec": {"template": {"apiVersion": "v1", "kind": "X", "metadata": {"name": "n", "odd": 1}, "data": "d", "foo": 1},
        "manifest": {"apiVersion": "v1", "kind": "Y", "spec": {"any": 1}}}});
    let unknown = prune(&mut value, &schema);
    assert_eq!(
        unknown,
        ["unknown field \"spec.template.foo\"", "unknown field \"spec.template.metadata.odd\""]
    );
    assert_eq!(value["spec"]["manifest"]["spec"]["any"], 1);
    assert_eq!(
        texts(&schema, json!({"manifest": {"kind": "Y"}})),
        ["spec.manifest.apiVersion: Required value: must not be empty"]
    );
}

#[test]
fn defaults_fill_what_exists_and_replace_nulls() {
    let schema = schema(json!({"type": "object", "properties": {
        "replicas": {"type": "integer", "default": 1},
        "policy": {"type": "object", "properties": {"mode": {"type": "string", "default": "Auto"}}},
        "made": {"type": "object", "default": {}, "properties": {"mode": {"type": "string", "default": "Auto"}}},
        "note": {"type": "string"},
        "empty": {"type": "string", "nullable": true},
        "ports": {"type": "array", "items": {"type": "object", "properties": {"protocol": {"type": "string", "default": "TCP"}}}},
        "each": {"type": "object", "additionalProperties": {"type": "object", "properties": {"n": {"type": "integer", "default": 3}}}}}}));
    let mut value = json!({"spec": {"replicas": null, "note": null, "empty": null, "ports": [{}], "each": {"k": {}, "gone": null}}});
    default(&mut value, &schema);
    let expected = json!({"spec": {"replicas": 1, "made": {"mode": "Auto"}, "empty": null, "ports": [{"protocol": "TCP"}], "each": {"k": {"n": 3}}}});
    assert_eq!(value, expected);
    default(&mut value, &schema);
    assert_eq!(value, expected);
}

#[test]
fn what_an_update_does_not_touch_cannot_fail_it() {
    let schema = apply_schema();
    let old = json!({"spec": {"replicas": "x", "text": "t", "containers": [{"name": "c", "value": "bad"}]}});
    let touch = |path: &str, value: Value| {
        let mut new = old.clone();
        *new.pointer_mut(path).expect("path") = value;
        validate(&new, &schema, Some(&old)).len()
    };
    assert_eq!(touch("/spec/text", json!("u")), 0);
    assert_eq!(touch("/spec/replicas", json!("y")), 1);
    assert_eq!(touch("/spec/replicas", json!(1)), 0);
    // Items of keyed lists are found again by their key.
    let reordered = json!([{"name": "a"}, {"name": "c", "value": "bad"}]);
    assert_eq!(touch("/spec/containers", reordered), 0);
    assert_eq!(touch("/spec/containers", json!([{"name": "c", "value": "worse"}])), 1);
    assert_eq!(validate(&old, &schema, None).len(), 2);
}

#[test]
fn published_schemas_of_built_in_kinds_are_read() {
    let definitions = json!({
        "io.k8s.api.core.v1.Pod": {"type": "object", "properties": {
            "metadata": {"allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}], "default": {}},
            "spec": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}], "default": {}},
            "raw": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.runtime.RawExtension"}}},
        "io.k8s.api.core.v1.PodSpec": {"type": "object", "required": ["containers"], "properties": {
            "containers": {"type": "array", "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge",
                "items": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}], "default": {}}},
            "start": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Time"}}},
        "io.k8s.api.core.v1.Container": {"type": "object", "properties": {"name": {"type": "string", "default": ""},
            "port": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString"},
            "limits": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"}},
            "self": {"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}}},
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object"},
        "io.k8s.apimachinery.pkg.runtime.RawExtension": {"type": "object"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time": {"type": "string", "format": "date-time"},
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
        "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"}});
    let definitions = definitions.as_object().expect("object");
    let reference = json!({"$ref": "#/components/schemas/io.k8s.api.core.v1.Pod"});
    let schema = Schema::from_json(&reference, definitions).expect("reads");
    let mut pod = json!({"metadata": {"name": "x", "labels": {"a": "b"}}, "raw": {"any": {"thing": 1}}, "spec": {"start": null, "containers": [
        {"name": "c", "port": 80, "limits": {"cpu": 1, "memory": "1Gi"}, "self": {"name": "d", "self": {"name": "e", "nope": 1}}}]}});
    assert_eq!(prune(&mut pod, &schema), ["unknown field \"spec.containers[0].self.self.nope\""]);
    default(&mut pod, &schema);
    assert!(validate(&pod, &schema, None).is_empty(), "{:?}", validate(&pod, &schema, None));
    let mut patched = pod.clone();
    crate::patch::strategic_merge(&mut patched, json!({"spec": {"containers": [{"name": "d"}]}}), &schema)
        .expect("merges");
    assert_eq!(patched["spec"]["containers"].as_array().map(Vec::len), Some(2));
}

#[test]
fn optional_values_are_nullable() {
    let definitions = json!({"Inner": {"type": "object", "properties": {"n": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}]}}}});
    let spec = json!({"type": "object", "properties": {"text": {"type": ["string", "null"]},
        "inner": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"enum": [null], "nullable": true}]}}});
    let root = json!({"type": "object", "properties": {"spec": spec}});
    let schema = Schema::from_json(&root, definitions.as_object().expect("object")).expect("reads");
    for good in
        [json!({"text": null, "inner": null}), json!({"text": "t", "inner": {"n": 1, "next": {"n": 2}}})]
    {
        let mut value = json!({"spec": good});
        assert!(prune(&mut value, &schema).is_empty());
        assert!(validate(&value, &schema, None).is_empty());
    }
    assert_eq!(texts(&schema, json!({"text": 1})).len(), 1);
    assert_eq!(
        prune(&mut json!({"spec": {"inner": {"next": {"odd": 1}}}}), &schema),
        ["unknown field \"spec.inner.next.odd\""]
    );
}

#[test]
fn a_bad_schema_is_refused_with_its_place() {
    let read = |schema: Value| Schema::from_json(&schema, &Map::new()).expect_err("refused").to_string();
    assert!(
        read(json!({"properties": {"a": {"$ref": "#/x/Gone"}}}))
            .contains("schema of a: the reference \"#/x/Gone\"")
    );
    assert!(
        read(json!({"properties": {"a": {"type": "string", "pattern": "("}}})).contains("pattern \"(\" of a")
    );
    assert!(
        read(json!({"properties": {"a": {"x-kubernetes-validations": [{"rule": "self ("}]}}}))
            .contains("rule of a")
    );
    assert!(read(json!({"properties": 1})).contains("properties must be an object"));
    let mut deep = json!({"type": "object"});
    for _ in 0..200 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    assert!(matches!(Schema::from_json(&deep, &Map::new()), Err(SchemaError::TooDeep { .. })));
}

proptest! {
    #[test]
    fn pruning_and_defaulting_settle(value in json_value(), spec in json_value(), good in object()) {
        let schema = apply_schema();
        for value in [value, json!({"spec": spec}), good] {
            let mut once = value;
            prune(&mut once, &schema);
            default(&mut once, &schema);
            let mut twice = once.clone();
            prop_assert!(prune(&mut twice, &schema).is_empty());
            default(&mut twice, &schema);
            prop_assert_eq!(&once, &twice);
            let _ = validate(&once, &schema, None);
            // Nothing changed, so nothing can be wrong.
            prop_assert!(validate(&once, &schema, Some(&twice)).is_empty());
        }
    }

    #[test]
    fn any_schema_is_read_or_refused(schema in json_value(), inner in json_value(), value in json_value()) {
        let words = json!({"type": "object", "properties": {"a": schema, "b": {"items": inner.clone(), "type": "array"}},
            "required": inner, "x-kubernetes-list-map-keys": schema.clone()});
        if let Ok(schema) = Schema::from_json(&words, &Map::new()) {
            let mut value = json!({"a": value.clone(), "b": [value]});
            prune(&mut value, &schema);
            default(&mut value, &schema);
            let _ = validate(&value, &schema, None);
        }
    }
}
