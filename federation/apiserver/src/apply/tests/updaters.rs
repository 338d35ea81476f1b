//! Writes that are not applies, alone and beside appliers.

use serde_json::json;

use super::*;

#[test]
fn a_create_owns_everything_but_what_the_server_sets() {
    let mut new = thing(json!({"replicas": 1, "labels": {}}));
    new["metadata"] = json!({"name": "x", "namespace": "n", "uid": "u", "resourceVersion": "1", "generation": 1,
        "creationTimestamp": T0, "labels": {"k": "v"}, "finalizers": ["f/x"]});
    new["status"] = json!({"ready": 1});
    update(&ctx("client", T0), None, &mut new, &schema());
    assert_eq!(
        *fields(&new, "client", "Update"),
        json!({"f:metadata": {"f:labels": {".": {}, "f:k": {}}, "f:finalizers": {".": {}, "v:\"f/x\"": {}}},
            "f:spec": {".": {}, "f:replicas": {}, "f:labels": {}}})
    );
}

#[test]
fn an_update_owns_what_it_changes() {
    let live = updated("a", T0, None, json!({"replicas": 1, "text": "t"}));
    let live = updated("b", T1, Some(&live), json!({"replicas": 2, "text": "t"}));
    assert_eq!(*fields(&live, "a", "Update"), json!({"f:spec": {".": {}, "f:text": {}}}));
    assert_eq!(*fields(&live, "b", "Update"), json!({"f:spec": {"f:replicas": {}}}));
    assert_eq!((time(&live, "a"), time(&live, "b")), (T0, T1));
}

#[test]
fn no_change_keeps_record_and_times() {
    let live = updated("a", T0, None, json!({"replicas": 1}));
    assert_eq!(updated("a", T1, Some(&live), json!({"replicas": 1})), live);
    assert_eq!(updated("b", T1, Some(&live), json!({"replicas": 1})), live);
}

#[test]
fn the_same_manager_again_moves_only_the_time() {
    let live = updated("a", T0, None, json!({"replicas": 1, "names": ["x"]}));
    let again = updated("a", T1, Some(&live), json!({"replicas": 2, "names": ["x"]}));
    assert_eq!(fields(&again, "a", "Update"), fields(&live, "a", "Update"));
    assert_eq!(time(&again, "a"), T1);
    assert_eq!(again["metadata"]["managedFields"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_goes_is_owned_by_nobody() {
    let live = updated("a", T0, None, json!({"replicas": 1, "labels": {"k": "v", "l": "w"}}));
    let live = updated("b", T1, Some(&live), json!({"labels": {"k": "v"}}));
    assert_eq!(*fields(&live, "a", "Update"), json!({"f:spec": {".": {}, "f:labels": {".": {}, "f:k": {}}}}));
    assert_eq!(*fields(&live, "b", "Update"), Value::Null);
}

#[test]
fn an_update_takes_a_field_from_an_applier_which_then_conflicts() {
    let live = must_apply("a", None, json!({"replicas": 1, "text": "t"}));
    let live = updated("kubectl-client-side-apply", T1, Some(&live), json!({"replicas": 5, "text": "t"}));
    assert_eq!(*fields(&live, "a", "Apply"), json!({"f:spec": {"f:text": {}}}));
    let error = applied("a", Some(&live), json!({"replicas": 1, "text": "t"})).expect_err("conflict");
    assert_eq!(
        error.to_string(),
        "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: .spec.replicas"
    );
    // Leaving the field out gives it up: the value of the other stays.
    let live = must_apply("a", Some(&live), json!({"text": "t"}));
    assert_eq!(live["spec"], json!({"replicas": 5, "text": "t"}));
}

#[test]
fn an_item_goes_with_its_owner_and_takes_the_parts_of_others_with_it() {
    let item = json!([{"name": "c", "image": "i"}]);
    let live = must_apply("a", None, json!({"text": "t", "containers": item}));
    let live = updated(
        "b",
        T1,
        Some(&live),
        json!({"text": "t", "containers": [{"name": "c", "image": "i", "value": 7}]}),
    );
    assert_eq!(
        *fields(&live, "b", "Update"),
        json!({"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {"f:value": {}}}}})
    );
    let live = must_apply("a", Some(&live), json!({"text": "t"}));
    assert_eq!(live["spec"], json!({"text": "t"}));
    assert_eq!(*fields(&live, "b", "Update"), Value::Null);
}

#[test]
fn a_map_keeps_the_keys_of_an_updater() {
    let live = must_apply("a", None, json!({"labels": {"k": "v"}}));
    let live = updated("b", T1, Some(&live), json!({"labels": {"k": "v", "l": "w"}}));
    let live = must_apply("a", Some(&live), json!({}));
    assert_eq!(live["spec"], json!({"labels": {"l": "w"}}));
}

#[test]
fn subresources_have_entries_of_their_own() {
    let live = updated("a", T0, None, json!({"replicas": 1}));
    let status = ApplyContext { subresource: "status", reset: ResetFields::AllButStatus, ..ctx("a", T1) };
    let mut new = live.clone();
    new["status"] = json!({"ready": 1});
    new["metadata"]["managedFields"] = json!([]);
    update(&status, Some(&live), &mut new, &schema());
    let entries = new["metadata"]["managedFields"].as_array().expect("entries");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1]["subresource"], "status");
    assert_eq!(entries[1]["fieldsV1"], json!({"f:status": {".": {}, "f:ready": {}}}));
}

#[test]
fn the_record_can_be_reset_and_is_not_lost_by_accident() {
    let live = updated("a", T0, None, json!({"replicas": 1}));
    for reset in [json!([]), json!([{}])] {
        let mut new = live.clone();
        new["metadata"]["managedFields"] = reset;
        update(&ctx("b", T1), Some(&live), &mut new, &schema());
        assert_eq!(new["metadata"].get("managedFields"), None);
        // Without a record an update does not start one.
        let mut next = new.clone();
        next["spec"]["replicas"] = json!(3);
        update(&ctx("b", T1), Some(&new), &mut next, &schema());
        assert_eq!(next["metadata"].get("managedFields"), None);
    }
    for nonsense in [json!(null), json!("x"), json!([{"manager": "z"}]), json!([1])] {
        let mut new = live.clone();
        new["metadata"]["managedFields"] = nonsense;
        update(&ctx("b", T1), Some(&live), &mut new, &schema());
        assert_eq!(new["metadata"]["managedFields"], live["metadata"]["managedFields"]);
    }
}

#[test]
fn old_updates_are_put_together() {
    let mut live = updated("m0", T0, None, json!({"free": {"k0": 0}}));
    for n in 1..15 {
        let mut free = live["spec"]["free"].clone();
        free[format!("k{n}")] = json!(n);
        let now = format!("2026-11-24T10:01:{n:02}Z");
        live = updated(&format!("m{n}"), &now, Some(&live), json!({"free": free}));
    }
    let entries = live["metadata"]["managedFields"].as_array().expect("entries");
    assert_eq!(entries.len(), 10);
    assert_eq!(entries[0]["manager"], "ancient-changes");
    let old = fields(&live, "ancient-changes", "Update");
    for n in 0..6 {
        assert_eq!(old["f:spec"]["f:free"][format!("f:k{n}")], json!({}), "k{n}");
    }
    assert_eq!(time(&live, "ancient-changes"), "2026-11-24T10:01:05Z");
}

#[test]
fn lists_are_owned_by_item() {
    let live =
        updated("a", T0, None, json!({"names": ["x", "y"], "containers": [{"name": "c", "image": "i"}]}));
    let live = updated(
        "b",
        T1,
        Some(&live),
        json!({"names": ["y", "z"], "containers": [{"name": "d"}, {"name": "c", "image": "j"}]}),
    );
    assert_eq!(
        *fields(&live, "b", "Update"),
        json!({"f:spec": {"f:names": {"v:\"z\"": {}}, "f:containers": {
            "k:{\"name\":\"c\"}": {"f:image": {}}, "k:{\"name\":\"d\"}": {".": {}, "f:name": {}}}}})
    );
    assert_eq!(
        *fields(&live, "a", "Update"),
        json!({"f:spec": {".": {}, "f:names": {".": {}, "v:\"y\"": {}}, "f:containers": {".": {},
            "k:{\"name\":\"c\"}": {".": {}, "f:name": {}}}}})
    );
}

#[test]
fn items_that_stand_twice_are_owned_as_one() {
    let live = updated(
        "a",
        T0,
        None,
        json!({"containers": [{"name": "c", "value": 1}, {"name": "c", "value": 2}], "names": ["n", "n"]}),
    );
    assert_eq!(
        *fields(&live, "a", "Update"),
        json!({"f:spec": {".": {}, "f:containers": {".": {}, "k:{\"name\":\"c\"}": {}}, "f:names": {".": {}, "v:\"n\"": {}}}})
    );
    let live =
        updated("b", T1, Some(&live), json!({"containers": [{"name": "c", "value": 1}], "names": ["n"]}));
    assert_eq!(
        *fields(&live, "b", "Update"),
        json!({"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:value": {}}}, "f:names": {"v:\"n\"": {}}}})
    );
}
