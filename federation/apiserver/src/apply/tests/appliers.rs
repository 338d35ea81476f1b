//! One, two, and three managers that apply; cases of upstream's documentation and of its merge tests.

use serde_json::json;

use super::*;

#[test]
fn the_first_apply_creates_and_owns_what_it_names() {
    let object = must_apply(
        "a",
        None,
        json!({"replicas": 1, "labels": {"k": "v"}, "names": ["n"],
        "containers": [{"name": "c", "image": "i"}], "args": ["x"], "atom": {"k": "v"}}),
    );
    assert_eq!(without_record(&object)["spec"]["replicas"], 1);
    assert_eq!(
        object["metadata"]["managedFields"],
        json!([{"manager": "a", "operation": "Apply", "apiVersion": "v1", "time": T0, "fieldsType": "FieldsV1", "fieldsV1":
            {"f:spec": {"f:replicas": {}, "f:labels": {"f:k": {}}, "f:names": {"v:\"n\"": {}}, "f:args": {}, "f:atom": {},
                "f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:image": {}}}}}}])
    );
}

#[test]
fn a_conflict_names_manager_and_field() {
    let live = must_apply("a", None, json!({"replicas": 1}));
    let error = applied("b", Some(&live), json!({"replicas": 2})).expect_err("conflict");
    assert_eq!(error.code(), 409);
    assert_eq!(error.reason(), "Conflict");
    assert_eq!(error.to_string(), "Apply failed with 1 conflict: conflict with \"a\": .spec.replicas");
    let cause = &error.0.details.as_ref().expect("details").causes[0];
    assert_eq!(cause.reason, "FieldManagerConflict");
    assert_eq!(cause.message, "conflict with \"a\"");
    assert_eq!(cause.field, ".spec.replicas");
}

#[test]
fn many_conflicts_are_grouped_by_manager() {
    let live = must_apply("a", None, json!({"replicas": 1, "containers": [{"name": "c", "image": "i"}]}));
    let live = must_apply("b", Some(&live), json!({"text": "t"}));
    let wanted = json!({"replicas": 2, "text": "u", "containers": [{"name": "c", "image": "j"}]});
    let error = applied("c", Some(&live), wanted).expect_err("conflict");
    assert_eq!(
        error.to_string(),
        "Apply failed with 3 conflicts: conflicts with \"a\":\n- .spec.replicas\n- .spec.containers[name=\"c\"].image\nconflicts with \"b\":\n- .spec.text"
    );
}

#[test]
fn the_same_value_is_shared() {
    let live = must_apply("a", None, json!({"replicas": 1, "text": "t"}));
    let live = must_apply("b", Some(&live), json!({"replicas": 1}));
    assert_eq!(*fields(&live, "a", "Apply"), json!({"f:spec": {"f:replicas": {}, "f:text": {}}}));
    assert_eq!(*fields(&live, "b", "Apply"), json!({"f:spec": {"f:replicas": {}}}));
    // One of two owners lets go: the field stays. Both: it goes.
    let live = must_apply("a", Some(&live), json!({"text": "t"}));
    assert_eq!(live["spec"], json!({"text": "t", "replicas": 1}));
    let live = must_apply("b", Some(&live), json!({}));
    assert_eq!(live["spec"], json!({"text": "t"}));
    assert_eq!(*fields(&live, "b", "Apply"), json!({"f:spec": {}}));
}

#[test]
fn force_takes_the_field() {
    let live = must_apply("a", None, json!({"replicas": 1, "text": "t"}));
    let live = forced("b", &live, json!({"replicas": 2}));
    assert_eq!(live["spec"], json!({"replicas": 2, "text": "t"}));
    assert_eq!(*fields(&live, "a", "Apply"), json!({"f:spec": {"f:text": {}}}));
    assert_eq!(*fields(&live, "b", "Apply"), json!({"f:spec": {"f:replicas": {}}}));
}

#[test]
fn dropped_fields_go() {
    let live = must_apply(
        "a",
        None,
        json!({"replicas": 1, "labels": {"k": "v", "l": "w"}, "nested": {"a": 1, "b": 2}}),
    );
    let live = must_apply("a", Some(&live), json!({"labels": {"k": "v"}, "nested": {"a": 1}}));
    assert_eq!(live["spec"], json!({"labels": {"k": "v"}, "nested": {"a": 1}}));
    let live = must_apply("a", Some(&live), json!({"replicas": 1}));
    assert_eq!(live["spec"], json!({"replicas": 1}));
}

#[test]
fn dropped_items_go_and_others_stay() {
    let live = must_apply(
        "a",
        None,
        json!({"containers": [{"name": "1", "image": "i"}, {"name": "2", "image": "i"}], "names": ["x", "y"]}),
    );
    let live =
        must_apply("b", Some(&live), json!({"containers": [{"name": "3", "image": "i"}], "names": ["z"]}));
    assert_eq!(live["spec"]["names"], json!(["x", "y", "z"]));
    let live =
        must_apply("a", Some(&live), json!({"containers": [{"name": "2", "image": "i"}], "names": ["y"]}));
    assert_eq!(live["spec"]["containers"], json!([{"name": "2", "image": "i"}, {"name": "3", "image": "i"}]));
    assert_eq!(live["spec"]["names"], json!(["y", "z"]));
}

#[test]
fn an_item_that_two_own_loses_only_the_fields_of_one() {
    let live = must_apply("a", None, json!({"containers": [{"name": "c", "image": "i", "value": 1}]}));
    let live = must_apply(
        "b",
        Some(&live),
        json!({"containers": [{"name": "c", "env": [{"name": "E", "value": "v"}]}]}),
    );
    let live = must_apply("a", Some(&live), json!({}));
    assert_eq!(live["spec"]["containers"], json!([{"name": "c", "env": [{"name": "E", "value": "v"}]}]));
}

#[test]
fn a_key_with_a_default_is_the_same_item() {
    let live = must_apply("a", None, json!({"ports": [{"port": 80, "name": "http"}]}));
    assert_eq!(
        *fields(&live, "a", "Apply"),
        json!({"f:spec": {"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}, "f:name": {}}}}})
    );
    let live = must_apply(
        "b",
        Some(&live),
        json!({"ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}]}),
    );
    let ports = json!([{"port": 80, "protocol": "TCP", "name": "http"}, {"port": 80, "protocol": "UDP"}]);
    assert_eq!(live["spec"]["ports"], ports);
}

#[test]
fn the_order_of_the_configuration_wins() {
    let names = |live: &Value| live["spec"]["names"].clone();
    let live = must_apply("a", None, json!({"names": ["a", "b", "c", "d"]}));
    assert_eq!(names(&must_apply("a", Some(&live), json!({"names": ["d", "a"]}))), json!(["d", "a"]));
    assert_eq!(
        names(&must_apply("b", Some(&live), json!({"names": ["c", "x", "a"]}))),
        json!(["b", "c", "d", "x", "a"])
    );
    assert_eq!(
        names(&must_apply("b", Some(&live), json!({"names": ["e"]}))),
        json!(["a", "b", "c", "d", "e"])
    );
}

#[test]
fn atomic_values_have_one_owner() {
    let live = must_apply("a", None, json!({"args": ["x"], "atom": {"k": "v"}}));
    let error = applied("b", Some(&live), json!({"args": ["x", "y"]})).expect_err("conflict");
    assert!(error.to_string().ends_with("conflict with \"a\": .spec.args"), "{error}");
    let error = applied("b", Some(&live), json!({"atom": {"l": "w"}})).expect_err("conflict");
    assert!(error.to_string().ends_with("conflict with \"a\": .spec.atom"), "{error}");
    let live = must_apply("a", Some(&live), json!({"atom": {"l": "w"}}));
    assert_eq!(live["spec"], json!({"atom": {"l": "w"}}));
}

#[test]
fn what_no_schema_knows_is_owned_by_field() {
    let live = must_apply("a", None, json!({"free": {"m": {"x": 1}, "l": [1, 2]}}));
    assert_eq!(
        *fields(&live, "a", "Apply"),
        json!({"f:spec": {"f:free": {"f:m": {".": {}, "f:x": {}}, "f:l": {}}}})
    );
    let live = must_apply("b", Some(&live), json!({"free": {"m": {"y": 2}}}));
    assert_eq!(live["spec"]["free"], json!({"m": {"x": 1, "y": 2}, "l": [1, 2]}));
    assert!(applied("b", Some(&live), json!({"free": {"l": [3]}})).is_err());
}

#[test]
fn applying_again_changes_nothing_not_even_the_time() {
    let spec = json!({"replicas": 1, "containers": [{"name": "c", "image": "i"}]});
    let live = must_apply("a", None, spec.clone());
    let again = apply(&ctx("a", T2), Some(&live), &thing(spec), &schema()).expect("applies");
    assert_eq!(again, live);
}

#[test]
fn status_is_not_owned_through_the_object() {
    let mut config = thing(json!({"replicas": 1}));
    config["status"] = json!({"ready": 1});
    let live = apply(&ctx("a", T0), None, &config, &schema()).expect("applies");
    assert_eq!(*fields(&live, "a", "Apply"), json!({"f:spec": {"f:replicas": {}}}));
    let status = ApplyContext { subresource: "status", reset: ResetFields::AllButStatus, ..ctx("a", T1) };
    config["spec"]["replicas"] = json!(9);
    let live = apply(&status, Some(&live), &config, &schema()).expect("applies");
    let entries = live["metadata"]["managedFields"].as_array().expect("entries").clone();
    assert_eq!(entries.len(), 2);
    let of_status = entries.iter().find(|entry| entry["subresource"] == "status").expect("entry of status");
    assert_eq!(of_status["fieldsV1"], json!({"f:status": {"f:ready": {}}}));
}

#[test]
fn a_malformed_configuration_is_refused() {
    let mut config = thing(json!({}));
    config["metadata"]["managedFields"] = json!([]);
    let table = [
        (config, "metadata.managedFields must be nil"),
        (
            json!({"apiVersion": "v2", "kind": "Thing"}),
            "Incorrect version specified in apply patch. Specified patch version: v2, expected: v1",
        ),
        (json!(1), "the configuration to apply must be an object"),
        (
            thing(json!({"names": ["a", "a"]})),
            "failed to create typed patch object (/x; /v1, Kind=Thing): .spec.names: duplicate entries for key [=\"a\"]",
        ),
        (
            thing(json!({"containers": [{"image": "i"}]})),
            "failed to create typed patch object (/x; /v1, Kind=Thing): .spec.containers: element 0: associative list with keys has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)",
        ),
    ];
    for (config, message) in table {
        let error = apply(&ctx("a", T0), None, &config, &schema()).expect_err(message);
        assert_eq!((error.code(), error.to_string().as_str()), (400, message));
    }
}
