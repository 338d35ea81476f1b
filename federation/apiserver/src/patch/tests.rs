//! Patches as clients send them, and as nobody should.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{json_patch, merge_patch, strategic_merge};
use crate::apply::strategies::json_value;
use crate::schema::Schema;

fn pod_schema() -> Schema {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "replicas": {"type": "integer"},
        "strategy": {"type": "object", "x-kubernetes-patch-strategy": "retainKeys", "properties": {
            "type": {"type": "string"}, "rollingUpdate": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
        "args": {"type": "array", "items": {"type": "string"}},
        "containers": {"type": "array", "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "image": {"type": "string"},
                "args": {"type": "array", "items": {"type": "string"}},
                "env": {"type": "array", "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge",
                    "items": {"type": "object", "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}}}}}}}}});
    Schema::from_json(&schema, &Map::new()).expect("test schema")
}

fn strategic(target: Value, patch: Value) -> Value {
    let mut target = target;
    strategic_merge(&mut target, patch, &pod_schema()).expect("the patch applies");
    target
}

#[test]
fn json_patch_applies_all_or_fails() {
    let mut target = json!({"a": {"b": 1}, "l": [1, 2]});
    let ops = br#"[{"op":"test","path":"/a/b","value":1},{"op":"add","path":"/l/-","value":3},{"op":"copy","from":"/a","path":"/c"},{"op":"remove","path":"/a/b"}]"#;
    json_patch(&mut target, ops).expect("applies");
    assert_eq!(target, json!({"a": {}, "c": {"b": 1}, "l": [1, 2, 3]}));
    let table: [(&[u8], u16); 6] = [
        (br#"[{"op":"test","path":"/c/b","value":2}]"#, 422),
        (br#"[{"op":"remove","path":"/nope"}]"#, 422),
        (br#"[{"op":"replace","path":"/nope/deeper","value":1}]"#, 422),
        (br#"[{"op":"replace","path":"/l/3","value":1}]"#, 422),
        (br#"{"op":"remove"}"#, 400),
        (br#"[{"op":"jump","path":"/c"}]"#, 400),
    ];
    for (ops, code) in table {
        let error = json_patch(&mut target.clone(), ops).expect_err("refused");
        assert_eq!(error.code(), code, "{error}");
    }
}

#[test]
fn a_json_patch_replaces_a_member_that_is_not_there() {
    let mut target = json!({"a": {}});
    json_patch(&mut target, br#"[{"op":"replace","path":"/a/b~1c","value":1}]"#).expect("applies");
    assert_eq!(target, json!({"a": {"b/c": 1}}));
}

#[test]
fn json_patch_is_capped() {
    let many = vec![json!({"op": "test", "path": "", "value": {}}); super::MAX_OPERATIONS + 1];
    let body = serde_json::to_vec(&many).expect("serialises");
    assert_eq!(json_patch(&mut json!({}), &body).expect_err("too many").code(), 413);
    // Each copy doubles the object: 40 of them would be a terabyte.
    let doubling: Vec<Value> =
        (0..40).map(|n| json!({"op": "copy", "from": "", "path": format!("/k{n}")})).collect();
    let body = serde_json::to_vec(&doubling).expect("serialises");
    assert_eq!(json_patch(&mut json!({"x": "y".repeat(1000)}), &body).expect_err("too much").code(), 422);
}

#[test]
fn json_patch_cannot_nest_without_bounds() {
    let mut nested = json!({});
    for _ in 0..40 {
        nested = json!({"a": nested});
    }
    let ops: Vec<Value> =
        (0..200).map(|n| json!({"op": "add", "path": "/a".repeat(40 * n + 1), "value": nested})).collect();
    let body = serde_json::to_vec(&ops).expect("serialises");
    assert_eq!(json_patch(&mut json!({}), &body).expect_err("too deep").code(), 422);
    let ops: Vec<Value> = (0..200).map(|_| json!({"op": "copy", "from": "", "path": "/a"})).collect();
    let body = serde_json::to_vec(&ops).expect("serialises");
    assert_eq!(json_patch(&mut json!({"a": 1}), &body).expect_err("too deep").code(), 422);
}

#[test]
fn merge_patch_is_that_of_the_rfc() {
    let table = [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!(["a"]), json!(["c"]), json!(["c"])),
        (json!({"a": "foo"}), json!(null), json!(null)),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ];
    for (mut target, patch, expected) in table {
        merge_patch(&mut target, patch);
        assert_eq!(target, expected);
    }
}

#[test]
fn lists_merge_by_key() {
    let target = json!({"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]}});
    let patched = strategic(
        target,
        json!({"spec": {"containers": [{"name": "b", "image": "2"}, {"name": "c", "image": "3"}]}}),
    );
    assert_eq!(
        patched,
        json!({"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c", "image": "3"}]}})
    );
}

#[test]
fn directives_delete_replace_and_order() {
    let target = json!({"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}], "args": ["x", "y"]}});
    let patch = json!({"spec": {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}],
        "containers": [{"name": "c", "image": "3"}, {"$patch": "delete", "name": "a"}],
        "$deleteFromPrimitiveList/args": ["x"]}});
    assert_eq!(
        strategic(target.clone(), patch),
        json!({"spec": {"containers": [{"name": "c", "image": "3"}, {"name": "b", "image": "1"}], "args": ["y"]}})
    );
    let patch = json!({"spec": {"containers": [{"$patch": "replace"}, {"name": "z", "image": "9"}]}});
    assert_eq!(strategic(target.clone(), patch)["spec"]["containers"], json!([{"name": "z", "image": "9"}]));
    let patch = json!({"spec": {"$patch": "replace", "replicas": 3}});
    assert_eq!(strategic(target, patch), json!({"spec": {"replicas": 3}}));
}

#[test]
fn a_new_item_takes_the_place_of_a_deleted_one() {
    let target = json!({"spec": {"containers": [{"name": "b"}, {"name": "d"}]}});
    let patch = json!({"spec": {"$setElementOrder/containers": [{"name": "a"}],
        "containers": [{"name": "a"}, {"$patch": "delete", "name": "d"}]}});
    assert_eq!(strategic(target, patch)["spec"]["containers"], json!([{"name": "b"}, {"name": "a"}]));
}

#[test]
fn retain_keys_drops_the_others() {
    let target = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
    assert_eq!(strategic(target, patch), json!({"spec": {"strategy": {"type": "Recreate"}}}));
}

#[test]
fn directives_never_reach_the_object() {
    let patch = json!({"spec": {"containers": [{"name": "a", "$setElementOrder/env": [{"name": "k"}], "env": [{"name": "k", "value": "v"}, {"name": "gone", "$patch": "delete"}]}]}});
    assert_eq!(
        strategic(json!({}), patch),
        json!({"spec": {"containers": [{"name": "a", "env": [{"name": "k", "value": "v"}]}]}})
    );
}

#[test]
fn a_list_item_needs_its_key() {
    let mut target = json!({"spec": {"containers": [{"name": "a"}]}});
    let patch = json!({"spec": {"containers": [{"image": "x"}]}});
    let error = strategic_merge(&mut target, patch, &pod_schema()).expect_err("no key");
    assert_eq!(error.code(), 400);
    assert!(error.to_string().contains("does not contain declared merge key: name"));
}

fn hostile() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!("delete")),
        Just(json!("replace")),
        Just(json!("a")),
        Just(json!(1)),
        Just(json!(null)),
        Just(json!([]))
    ];
    let key = prop::sample::select(vec![
        "spec",
        "containers",
        "env",
        "args",
        "strategy",
        "name",
        "image",
        "$patch",
        "$retainKeys",
        "$setElementOrder/containers",
        "$setElementOrder/args",
        "$deleteFromPrimitiveList/args",
    ]);
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn strategic_merge_never_panics(target in hostile(), patch in hostile()) {
        let mut target = target;
        let _ = strategic_merge(&mut target, patch, &pod_schema());
    }

    #[test]
    fn merge_patch_twice_is_once(target in json_value(), patch in json_value()) {
        let mut once = target;
        merge_patch(&mut once, patch.clone());
        let mut twice = once.clone();
        merge_patch(&mut twice, patch);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn json_patch_never_panics(target in json_value(), op in "add|remove|replace|move|copy|test|zap", from in "(/[a-c0-9~-]{0,2}){0,3}", path in "(/[a-c0-9~-]{0,2}){0,3}") {
        let body = json!([{"op": op, "from": from, "path": path, "value": target.clone()}]).to_string();
        let mut target = target;
        let _ = json_patch(&mut target, body.as_bytes());
    }
}
