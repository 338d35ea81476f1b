//! Random values for property tests.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{FieldSet, PathElement, Scalar};
use crate::schema::Schema;

/// Any JSON value of moderate size; floats are not whole, since whole ones are read as integers.
pub(crate) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000i32..1000).prop_map(|n| Value::from(f64::from(n) + 0.5)),
        "[a-zA-Z0-9\"\\\\ äß]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[a-d]{1,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A schema with every list and map type.
pub(crate) fn schema() -> Schema {
    Schema::from_json(&schema_json(), &Map::new()).expect("test schema")
}

/// [`schema`] as it is written.
pub(crate) fn schema_json() -> Value {
    let spec = json!({"type": "object", "properties": {
        "replicas": {"type": "integer"},
        "paused": {"type": "boolean"},
        "text": {"type": "string"},
        "names": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "args": {"type": "array", "items": {"type": "string"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "atom": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "nested": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
        "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
            "items": {"type": "object", "properties": {"port": {"type": "integer"},
                "protocol": {"type": "string", "default": "TCP"}, "name": {"type": "string"}}}},
        "containers": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "image": {"type": "string"},
                "value": {"type": "integer"}, "env": {"type": "array", "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"], "items": {"type": "object", "properties": {
                        "name": {"type": "string"}, "value": {"type": "string"}}}}}}}}});
    let status = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({"type": "object", "properties": {"spec": spec, "status": status}})
}

/// A well-formed object of [`schema`] in version `v1`.
pub(crate) fn object() -> impl Strategy<Value = Value> {
    let names = prop::collection::btree_set("[a-c]", 0..3)
        .prop_map(|set| set.into_iter().collect::<Vec<_>>())
        .prop_shuffle();
    let containers =
        prop::collection::btree_map("[a-d]", (prop::option::of("[xy]"), prop::option::of(0i64..3)), 0..4)
            .prop_map(|map| {
                map.into_iter()
                    .map(|(name, (image, value))| {
                        let mut item = Map::new();
                        item.insert("name".into(), name.into());
                        item.extend(image.map(|image| ("image".to_owned(), image.into())));
                        item.extend(value.map(|value| ("value".to_owned(), value.into())));
                        Value::Object(item)
                    })
                    .collect::<Vec<_>>()
            })
            .prop_shuffle();
    let labels = prop::collection::btree_map("[a-c]", "[xy]", 0..3);
    let fields = (
        prop::option::of(0i64..3),
        prop::option::of(names),
        prop::option::of(containers),
        prop::option::of(labels.clone()),
        prop::option::of(labels),
        prop::option::of((prop::option::of(0i64..2), prop::option::of(0i64..2))),
        prop::option::of(json_value().prop_filter("an object", Value::is_object)),
    );
    fields.prop_map(|(replicas, names, containers, labels, atom, nested, free)| {
        let mut spec = Map::new();
        spec.extend(replicas.map(|n| ("replicas".to_owned(), json!(n))));
        spec.extend(names.map(|n| ("names".to_owned(), json!(n))));
        spec.extend(containers.map(|c| ("containers".to_owned(), json!(c))));
        spec.extend(labels.map(|l| ("labels".to_owned(), json!(l))));
        spec.extend(atom.map(|l| ("atom".to_owned(), json!(l))));
        spec.extend(nested.map(|(a, b)| {
            let mut map = Map::new();
            map.extend(a.map(|a| ("a".to_owned(), json!(a))));
            map.extend(b.map(|b| ("b".to_owned(), json!(b))));
            ("nested".to_owned(), Value::Object(map))
        }));
        spec.extend(free.map(|free| ("free".to_owned(), free)));
        json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x", "uid": "u"}, "spec": spec})
    })
}

fn element() -> impl Strategy<Value = PathElement> {
    let scalar = || {
        prop_oneof![
            (0i64..3).prop_map(Scalar::Int),
            any::<bool>().prop_map(Scalar::Bool),
            "[a-b\":.]{0,2}".prop_map(|text| Scalar::Text(text.into())),
            Just(Scalar::Null),
            Just(Scalar::Float(0.5)),
        ]
    };
    prop_oneof![
        "[a-c:.]{0,2}".prop_map(|name| PathElement::Field(name.into())),
        scalar().prop_map(PathElement::Value),
        (0i64..3).prop_map(PathElement::Index),
        prop::collection::btree_map("[a-b]", scalar(), 1..3).prop_map(|map| PathElement::Key(
            map.into_iter().map(|(name, value)| (name.into(), value)).collect()
        )),
    ]
}

/// Any set of fields.
pub(crate) fn field_sets() -> impl Strategy<Value = FieldSet> {
    prop::collection::vec(prop::collection::vec(element(), 1..4), 0..8).prop_map(|paths| {
        let mut set = FieldSet::new();
        for path in &paths {
            set.insert(path);
        }
        set
    })
}
