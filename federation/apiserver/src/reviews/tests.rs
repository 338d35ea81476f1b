//! Each review with a yes, a no and bad questions.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::authn::{Authenticator, AuthenticatorConfig, Lookup};
use crate::authz::{Authorizer, RbacKind};

fn authorizer() -> Authorizer {
    let authorizer = Authorizer::new();
    let role = json!({ "metadata": { "name": "r" }, "rules": [
        { "verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["web"] },
        { "verbs": ["get"], "nonResourceURLs": ["/metrics"] },
    ]});
    let binding = json!({ "metadata": { "name": "b" }, "roleRef": { "kind": "ClusterRole", "name": "r" },
        "subjects": [{ "kind": "Group", "name": "devs" }] });
    for (kind, object) in [(RbacKind::ClusterRole, role), (RbacKind::ClusterRoleBinding, binding)] {
        authorizer.apply(kind, object.to_string().as_bytes()).expect("well formed");
    }
    authorizer
}

fn dev() -> Caller {
    Caller { name: "dev".into(), groups: vec!["devs".into()], ..Caller::default() }
}

fn scale(namespace: &str) -> Value {
    json!({ "verb": "get", "group": "apps", "resource": "deployments", "subresource": "scale", "name": "web",
        "namespace": namespace })
}

#[test]
fn a_caller_hears_what_it_may_do_and_why() {
    let ask = |spec: Value| self_subject_access_review(json!({ "spec": spec }), &dev(), &authorizer());
    let yes = ask(json!({ "resourceAttributes": scale("ns") })).expect("a fair question");
    assert_eq!(
        yes["status"],
        json!({ "allowed": true,
        "reason": "RBAC: allowed by ClusterRoleBinding \"b\" of ClusterRole \"r\" to Group \"devs\"" })
    );
    assert_eq!(yes["kind"], "SelfSubjectAccessReview");
    let no =
        ask(json!({ "nonResourceAttributes": { "verb": "get", "path": "/logs" } })).expect("a fair question");
    assert_eq!(no["status"], json!({ "allowed": false }));
    let path = json!({ "nonResourceAttributes": { "verb": "get", "path": "/metrics" } });
    assert_eq!(ask(path).expect("a fair question")["status"]["allowed"], true);
    let none = ask(json!({})).expect_err("asks nothing");
    assert!(
        none.to_string().contains("exactly one of nonResourceAttributes or resourceAttributes"),
        "{none}"
    );
    let both = ask(json!({ "resourceAttributes": {}, "nonResourceAttributes": {} })).expect_err("asks twice");
    assert!(both.to_string().contains("cannot be specified in combination"), "{both}");
}

#[test]
fn others_are_asked_about_by_name_or_group() {
    let ask = |spec: Value| subject_access_review(json!({ "spec": spec }), &authorizer());
    let by_group =
        ask(json!({ "groups": ["devs"], "resourceAttributes": scale("ns") })).expect("a fair question");
    assert_eq!(by_group["status"]["allowed"], true);
    let by_user = ask(json!({ "user": "x", "resourceAttributes": scale("ns") })).expect("a fair question");
    assert_eq!(by_user["status"]["allowed"], false);
    let nobody = ask(json!({ "resourceAttributes": scale("ns") })).expect_err("names nobody");
    assert!(nobody.to_string().contains("at least one of user or group"), "{nobody}");
    let spec = json!({ "user": "x", "resourceAttributes": scale("other") });
    let elsewhere = local_subject_access_review(json!({ "spec": spec }), "ns", &authorizer());
    let elsewhere = elsewhere.expect_err("asks about another namespace");
    assert!(elsewhere.to_string().contains("must match metadata.namespace"), "{elsewhere}");
}

#[test]
fn all_rules_of_a_caller() {
    let review = json!({ "spec": { "namespace": "ns" } });
    let answer = self_subject_rules_review(&review, &dev(), &authorizer()).expect("a fair question");
    assert_eq!(answer["status"]["resourceRules"][0]["resourceNames"], json!(["web"]));
    assert_eq!(answer["status"]["nonResourceRules"][0]["nonResourceURLs"], json!(["/metrics"]));
    assert!(self_subject_rules_review(&json!({ "spec": {} }), &dev(), &authorizer()).is_err());
}

#[test]
fn the_caller_sees_itself() {
    let answer = self_subject_review(&dev(), 0);
    assert_eq!(answer["status"]["userInfo"], json!({ "username": "dev", "groups": ["devs"] }));
    assert_eq!(answer["metadata"]["creationTimestamp"], "1970-01-01T00:00:00Z");
}

struct Nothing;

impl Lookup for Nothing {
    fn get(&self, _: &str, _: &str, _: &str, _: &str) -> Option<Bytes> {
        None
    }
}

#[test]
fn tokens_are_told_apart() {
    let config = AuthenticatorConfig {
        static_tokens: BTreeMap::from([("good".to_owned(), dev())]),
        ..AuthenticatorConfig::default()
    };
    let authenticator = Authenticator::new(Arc::new(Nothing), config);
    let ask = |token: &str| token_review(json!({ "spec": { "token": token } }), &authenticator, 0);
    let good = ask("good").expect("a fair question");
    assert_eq!(good["status"]["user"]["username"], "dev");
    assert_eq!(good["spec"], json!({}), "the token is not repeated");
    let bad = ask("bad").expect("a fair question");
    assert_eq!(bad["status"], json!({ "user": {}, "error": "invalid bearer token" }));
    assert_eq!(ask("").expect_err("no token").code(), 400);
}
