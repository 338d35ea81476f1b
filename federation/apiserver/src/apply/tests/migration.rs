//! From client-side to server-side apply, and objects without a record.

use serde_json::json;

use super::super::last_applied::ANNOTATION;
use super::*;

/// An object as `kubectl apply` leaves it, with one field changed behind its back.
fn client_side() -> Value {
    let mut live = thing(json!({"replicas": 1, "text": "t"}));
    let applied = json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x", "annotations": {}}, "spec": {"replicas": 1, "text": "t"}});
    live["metadata"]["annotations"] = json!({ANNOTATION: applied.to_string()});
    update(&ctx("kubectl-client-side-apply", T0), None, &mut live, &schema());
    let mut scaled = live.clone();
    scaled["spec"]["replicas"] = json!(5);
    update(&ctx("hpa", T1), Some(&live), &mut scaled, &schema());
    scaled
}

#[test]
fn kubectl_takes_over_what_it_applied_before() {
    let live = client_side();
    let new = must_apply("kubectl", Some(&live), json!({"text": "u"}));
    assert_eq!(new["spec"], json!({"replicas": 5, "text": "u"}));
    let annotation = new["metadata"]["annotations"][ANNOTATION].as_str().expect("annotation");
    let annotation: Value = serde_json::from_str(annotation).expect("JSON");
    assert_eq!(annotation["spec"], json!({"text": "u"}));
}

#[test]
fn others_do_not_and_changed_fields_stay_conflicts() {
    let live = client_side();
    let error = applied("other", Some(&live), json!({"text": "u"})).expect_err("conflict");
    assert!(error.to_string().contains("\"kubectl-client-side-apply\" using v1: .spec.text"), "{error}");
    let error = applied("kubectl", Some(&live), json!({"text": "u", "replicas": 2})).expect_err("conflict");
    assert_eq!(
        error.to_string(),
        "Apply failed with 1 conflict: conflict with \"hpa\" using v1: .spec.replicas"
    );
}

#[test]
fn an_object_without_a_record_belongs_to_its_past() {
    let live = thing(json!({"replicas": 1, "text": "t"}));
    let error = applied("a", Some(&live), json!({"replicas": 2})).expect_err("conflict");
    assert!(error.to_string().contains("\"before-first-apply\" using v1: .spec.replicas"), "{error}");
    let new = must_apply("a", Some(&live), json!({"replicas": 1}));
    assert_eq!(*fields(&new, "a", "Apply"), json!({"f:spec": {"f:replicas": {}}}));
    assert_eq!(
        *fields(&new, "before-first-apply", "Update"),
        json!({"f:spec": {".": {}, "f:replicas": {}, "f:text": {}}})
    );
}
