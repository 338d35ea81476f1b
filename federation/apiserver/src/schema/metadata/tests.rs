//! Names, labels, owners, finalizers, and what does not change.

use proptest::prelude::*;
use serde_json::{Value, json};

fn texts(meta: Value, namespaced: bool, rule: super::NameRule) -> Vec<String> {
    super::validate(&json!({"metadata": meta}), namespaced, rule).iter().map(ToString::to_string).collect()
}

#[test]
fn metadata_obeys_the_rules_of_every_kind() {
    use super::NameRule::{Label, PathSegment, Subdomain};
    assert!(texts(json!({"name": "a.b-c", "namespace": "n", "labels": {"app.io/Name": "My_v.1", "x": ""},
        "annotations": {"Any/Thing": "v"}, "finalizers": ["a.b/c"],
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "K", "name": "n", "uid": "u", "controller": true}]}), true, Subdomain).is_empty());
    assert!(texts(json!({"name": "system:node"}), false, PathSegment).is_empty());
    assert!(texts(json!({"name": "a-b7xkz", "generateName": "a-"}), false, Label).is_empty());
    let table = [
        (json!({}), false, "metadata.name: Required value: name or generateName is required"),
        (
            json!({"name": "A"}),
            false,
            "metadata.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
        (json!({"name": "a"}), true, "metadata.namespace: Required value"),
        (
            json!({"name": "a", "namespace": "n"}),
            false,
            "metadata.namespace: Forbidden: not allowed on this type",
        ),
        (
            json!({"name": "a", "labels": {"k": "-v"}}),
            false,
            "metadata.labels: Invalid value: \"-v\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
        (
            json!({"name": "a", "labels": {"/k": "v"}}),
            false,
            "metadata.labels: Invalid value: \"/k\": prefix part must be non-empty",
        ),
        (
            json!({"name": "a", "finalizers": ["orphan", "foregroundDeletion"]}),
            false,
            "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and foregroundDeletion cannot be both set",
        ),
        (
            json!({"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n"}]}),
            false,
            "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty",
        ),
        (
            json!({"name": "a", "annotations": {"k": "x".repeat(256 * 1024)}}),
            false,
            "metadata.annotations: Too long: may not be more than 262144 bytes",
        ),
    ];
    for (meta, namespaced, expected) in table {
        assert_eq!(texts(meta, namespaced, Subdomain), [expected]);
    }
    assert_eq!(
        texts(json!({"name": "a.b"}), false, Label),
        ["metadata.name: Invalid value: \"a.b\": must not contain dots"]
    );
}

#[test]
fn identity_does_not_change_and_the_dying_get_no_finalizers() {
    let old = json!({"metadata": {"name": "a", "uid": "u", "generation": 2, "finalizers": ["x/y"], "deletionTimestamp": "2026-01-01T00:00:00Z"}});
    assert!(super::validate_update(&old, &old).is_empty());
    let mut new = old.clone();
    new["metadata"]["finalizers"] = json!([]);
    assert!(super::validate_update(&new, &old).is_empty());
    new["metadata"] = json!({"name": "b", "uid": "u", "generation": 1, "finalizers": ["x/z"], "deletionTimestamp": "2026-01-01T00:00:00Z"});
    let texts: Vec<String> = super::validate_update(&new, &old).iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"x/z\"}",
            "metadata.generation: Invalid value: 1: must not be decremented",
            "metadata.name: Invalid value: \"b\": field is immutable",
        ]
    );
}

proptest! {
    #[test]
    fn names_of_any_kind_never_panic(text in "\\PC{0,70}") {
        for rule in [super::NameRule::Subdomain, super::NameRule::Label, super::NameRule::Dns1035, super::NameRule::PathSegment] {
            let _ = (rule.check(&text), rule.check_prefix(&text));
        }
        let _ = (super::qualified_name(&text), super::label_value(&text));
    }
}
