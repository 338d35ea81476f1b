//! Upstream semantics as tables.

use serde_json::{Value, json};

use super::*;
use crate::resource::Caller;

fn authorizer(objects: &[Value]) -> Authorizer {
    let authorizer = Authorizer::new();
    for object in objects {
        let kind = match object["kind"].as_str() {
            Some("Role") => RbacKind::Role,
            Some("ClusterRole") => RbacKind::ClusterRole,
            Some("RoleBinding") => RbacKind::RoleBinding,
            _ => RbacKind::ClusterRoleBinding,
        };
        authorizer.apply(kind, object.to_string().as_bytes()).expect("the fixtures are well formed");
    }
    authorizer
}

fn user(name: &str, groups: &[&str]) -> Caller {
    Caller { name: name.into(), groups: groups.iter().map(|g| (*g).into()).collect(), ..Caller::default() }
}

fn role(namespace: &str, name: &str, rules: Value) -> Value {
    json!({ "kind": "Role", "metadata": { "namespace": namespace, "name": name }, "rules": rules })
}

fn cluster_role(name: &str, rules: Value) -> Value {
    json!({ "kind": "ClusterRole", "metadata": { "name": name }, "rules": rules })
}

fn bind(namespace: &str, name: &str, role_kind: &str, role: &str, subjects: Value) -> Value {
    let kind = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
    json!({
        "kind": kind,
        "metadata": { "namespace": namespace, "name": name },
        "roleRef": { "kind": role_kind, "name": role },
        "subjects": subjects,
    })
}

/// `verb group/resource/subresource namespace/name`, `-` for empty parts.
fn ask<'a>(text: &'a str) -> Attributes<'a> {
    let some = |s: &'a str| if s == "-" { "" } else { s };
    let parts: Vec<&str> = text.split(' ').map(some).collect();
    Attributes {
        verb: parts[0],
        group: parts[1],
        resource: parts[2],
        subresource: parts[3],
        namespace: parts[4],
        name: parts[5],
        ..Attributes::default()
    }
}

#[test]
fn rules_match_as_upstream_matches_them() {
    let table: &[(Value, &str, bool)] = &[
        (json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}), "get - pods - ns a", true),
        (json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}), "list - pods - ns -", false),
        (json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}), "get apps pods - ns a", false),
        (json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}), "get - pods log ns a", false),
        (
            json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]}),
            "get - pods log ns a",
            true,
        ),
        (json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]}), "get - pods - ns a", false),
        (
            json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*/scale"]}),
            "get apps deployments scale ns a",
            true,
        ),
        (
            json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*/scale"]}),
            "get apps deployments - ns a",
            false,
        ),
        (
            json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}),
            "get apps deployments scale ns a",
            true,
        ),
        (
            json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]}),
            "get - pods - ns a",
            true,
        ),
        (
            json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]}),
            "get - pods - ns b",
            false,
        ),
        (
            // A list has no name, so a named rule never allows it (unless asked with a field selector).
            json!({"verbs": ["list"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]}),
            "list - pods - ns -",
            false,
        ),
        (json!({"verbs": null, "apiGroups": null}), "get - pods - ns a", false),
    ];
    for (rule, asked, allowed) in table {
        let read: PolicyRule = serde_json::from_value(rule.clone()).expect("the table is well formed");
        assert_eq!(read.allows(&ask(asked)), *allowed, "{rule} {asked}");
    }
}

#[test]
fn paths_match_exactly_or_by_a_trailing_star() {
    let table: &[(&str, &str, bool)] = &[
        ("/healthz", "/healthz", true),
        ("/healthz", "/healthz/ping", false),
        ("/healthz/*", "/healthz/ping", true),
        ("/healthz/*", "/healthz", false),
        ("/api*", "/apis/x", true),
        ("*", "/anything", true),
        ("/a*b", "/axb", false),
    ];
    for (pattern, path, allowed) in table {
        let rule = PolicyRule {
            verbs: vec!["get".into()],
            non_resource_urls: vec![(*pattern).into()],
            ..PolicyRule::default()
        };
        assert_eq!(rule.allows(&Attributes::of_path("get", path)), *allowed, "{pattern} {path}");
    }
}

#[test]
fn a_role_binding_gives_rights_in_its_namespace_alone() {
    let read = json!([{ "verbs": ["get"], "apiGroups": [""], "resources": ["pods"] }]);
    let authorizer = authorizer(&[
        cluster_role("reader", read.clone()),
        role("a", "local", read),
        bind("a", "b1", "ClusterRole", "reader", json!([{ "kind": "Group", "name": "devs" }])),
        bind("a", "b2", "Role", "local", json!([{ "kind": "ServiceAccount", "name": "robot" }])),
        bind("b", "b3", "Role", "local", json!([{ "kind": "User", "name": "eve" }])),
    ]);
    let robot = user("system:serviceaccount:a:robot", &[]);
    let dev = user("dev", &["devs"]);
    assert!(authorizer.authorize(&dev, &ask("get - pods - a x")).allowed);
    assert!(!authorizer.authorize(&dev, &ask("get - pods - b x")).allowed);
    assert!(!authorizer.authorize(&dev, &ask("get - pods - - x")).allowed);
    assert!(authorizer.authorize(&robot, &ask("get - pods - a x")).allowed);
    assert!(
        !authorizer.authorize(&user("system:serviceaccount:b:robot", &[]), &ask("get - pods - a x")).allowed
    );

    // A Role of another namespace is not meant, and the refusal says what is missing.
    let decision = authorizer.authorize(&user("eve", &[]), &ask("get - pods - b x"));
    assert_eq!(decision.reason, "RBAC: role.rbac.authorization.k8s.io \"local\" not found");

    let why = authorizer.explain(&robot, &ask("get - pods - a x")).reason;
    assert_eq!(why, "RBAC: allowed by RoleBinding \"b2/a\" of Role \"local\" to ServiceAccount \"robot/a\"");
}

#[test]
fn a_changed_binding_takes_rights_away() {
    let authorizer = authorizer(&[
        cluster_role("all", json!([{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }])),
        bind(
            "",
            "b",
            "ClusterRole",
            "all",
            json!([{ "kind": "User", "name": "u" }, { "kind": "User", "name": "u" }]),
        ),
    ]);
    let asked = ask("delete - secrets - ns a");
    assert!(authorizer.authorize(&user("u", &[]), &asked).allowed);
    let other = bind("", "b", "ClusterRole", "all", json!([{ "kind": "User", "name": "v" }]));
    authorizer.apply(RbacKind::ClusterRoleBinding, other.to_string().as_bytes()).expect("well formed");
    assert!(!authorizer.authorize(&user("u", &[]), &asked).allowed);
    assert!(authorizer.authorize(&user("v", &[]), &asked).allowed);
    authorizer.delete(RbacKind::ClusterRoleBinding, "", "b");
    assert!(!authorizer.authorize(&user("v", &[]), &asked).allowed);
    assert!(authorizer.authorize(&user("x", &["system:masters"]), &asked).allowed);
}

#[test]
fn an_unreadable_object_changes_nothing() {
    let authorizer = authorizer(&[
        cluster_role("all", json!([{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }])),
        bind("", "b", "ClusterRole", "all", json!([{ "kind": "User", "name": "u" }])),
    ]);
    let error = authorizer.apply(RbacKind::ClusterRole, br#"{"metadata":{"name":"all"},"rules":7}"#);
    assert!(error.is_err());
    assert!(authorizer.authorize(&user("u", &[]), &ask("get - pods - ns a")).allowed);
}

#[test]
fn the_default_roles_aggregate() {
    let authorizer = authorizer(&defaults::objects());
    authorizer
        .apply(
            RbacKind::RoleBinding,
            bind("ns", "b", "ClusterRole", "admin", json!([{ "kind": "User", "name": "u" }]))
                .to_string()
                .as_bytes(),
        )
        .expect("well formed");
    let admin = user("u", &["system:authenticated"]);
    // From admin, from edit by way of edit, from view by way of edit.
    for asked in [
        "create rbac.authorization.k8s.io roles - ns a",
        "update - secrets - ns a",
        "list - pods - ns -",
        "create authorization.k8s.io selfsubjectaccessreviews - - -",
    ] {
        assert!(authorizer.authorize(&admin, &ask(asked)).allowed, "{asked}");
    }
    assert!(!authorizer.authorize(&admin, &ask("update - namespaces - ns ns")).allowed);
    assert!(authorizer.authorize(&admin, &Attributes::of_path("get", "/apis/apps/v1")).allowed);

    let anonymous = user("system:anonymous", &["system:unauthenticated"]);
    assert!(authorizer.authorize(&anonymous, &Attributes::of_path("get", "/version")).allowed);
    assert!(!authorizer.authorize(&anonymous, &Attributes::of_path("get", "/api")).allowed);

    // A label more on one role, and the aggregate has it at once; gone again with the role.
    let extra = json!({
        "kind": "ClusterRole",
        "metadata": { "name": "extra", "labels": { "rbac.authorization.k8s.io/aggregate-to-view": "true" } },
        "rules": [{ "verbs": ["get"], "apiGroups": ["x"], "resources": ["y"] }],
    });
    authorizer.apply(RbacKind::ClusterRole, extra.to_string().as_bytes()).expect("well formed");
    assert!(authorizer.authorize(&admin, &ask("get x y - ns a")).allowed);
    authorizer.delete(RbacKind::ClusterRole, "", "extra");
    assert!(!authorizer.authorize(&admin, &ask("get x y - ns a")).allowed);
}

mod escalation {
    use std::sync::Arc;

    use super::*;

    fn check(subject_rules: Value, plural: &str, new: &Value, old: Option<&Value>) -> Result<(), String> {
        let authorizer = authorizer(&[
            cluster_role("mine", subject_rules),
            cluster_role(
                "target",
                json!([{ "verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"] }]),
            ),
            bind("", "b", "ClusterRole", "mine", json!([{ "kind": "User", "name": "y" }])),
        ]);
        let escalation = Escalation::new(Arc::new(authorizer));
        let caller = user("y", &["system:authenticated"]);
        escalation.check(&caller, plural, "", "x", new, old).map_err(|e| e.to_string())
    }

    #[test]
    fn a_role_may_not_hold_more_than_its_writer() {
        let wanted = cluster_role(
            "x",
            json!([{ "verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"] }]),
        );
        let some = json!([{ "verbs": ["get"], "apiGroups": [""], "resources": ["pods"] }]);
        assert_eq!(
            check(some.clone(), "clusterroles", &wanted, None).expect_err("list is not held"),
            "clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: user \"y\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}"
        );
        assert_eq!(
            check(
                json!([{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }]),
                "clusterroles",
                &wanted,
                None
            ),
            Ok(())
        );
        let escalate = json!([{ "verbs": ["escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"] }]);
        assert_eq!(check(escalate, "clusterroles", &wanted, None), Ok(()));
        let mut old = wanted.clone();
        old["metadata"]["finalizers"] = json!(["a"]);
        assert_eq!(check(some, "clusterroles", &wanted, Some(&old)), Ok(()));
    }

    #[test]
    fn a_binding_may_not_give_more_than_its_writer_has() {
        let binding = |role| bind("", "x", "ClusterRole", role, json!([]));
        let nothing = json!([]);
        let refused =
            check(nothing.clone(), "clusterrolebindings", &binding("target"), None).expect_err("not held");
        assert!(
            refused.ends_with("{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}"),
            "{refused}"
        );
        let absent =
            check(nothing, "clusterrolebindings", &binding("nowhere"), None).expect_err("no such role");
        assert_eq!(absent, "clusterroles.rbac.authorization.k8s.io \"nowhere\" not found");
        let may = json!([{
            "verbs": ["bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"],
            "resourceNames": ["target"],
        }]);
        assert_eq!(check(may, "clusterrolebindings", &binding("target"), None), Ok(()));
    }

    #[test]
    fn aggregation_needs_full_authority() {
        let mut role = cluster_role("x", json!([]));
        role["aggregationRule"] = json!({ "clusterRoleSelectors": [{ "matchLabels": { "a": "b" } }] });
        let most = json!([{ "verbs": ["get", "create"], "apiGroups": ["*"], "resources": ["*"] }]);
        let refused =
            check(most, "clusterroles", &role, None).expect_err("other verbs and paths are not held");
        assert!(
            refused.contains("must have cluster-admin privileges to use the aggregationRule"),
            "{refused}"
        );
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["*", "", "get", "pods", "pods/log", "*/log", "/a", "/a*", "a/b/c", "💥"])
            .prop_map(str::to_owned)
    }

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(word(), 0..4)
    }

    fn any_rule() -> impl Strategy<Value = PolicyRule> {
        // Resources or paths, never both: validation refuses a mixture.
        let resource =
            (words(), words(), words(), words()).prop_map(|(verbs, api_groups, resources, names)| {
                PolicyRule { verbs, api_groups, resources, resource_names: names, ..PolicyRule::default() }
            });
        let path = (words(), words()).prop_map(|(verbs, urls)| PolicyRule {
            verbs,
            non_resource_urls: urls,
            ..PolicyRule::default()
        });
        prop_oneof![resource, path]
    }

    proptest! {
        /// A set of rules covers itself, and what is missing stays missing when checked again.
        #[test]
        fn covering_is_reflexive(rules in prop::collection::vec(any_rule(), 0..4), other in any_rule()) {
            prop_assert!(covers::missing(&rules, &rules).is_empty());
            let missing = covers::missing(&rules, std::slice::from_ref(&other));
            let mut more = rules;
            more.extend(missing);
            prop_assert!(covers::missing(&more, std::slice::from_ref(&other)).is_empty());
        }

        /// No input panics, neither as a stored object nor as a question.
        #[test]
        fn nothing_panics(rule in any_rule(), bytes in prop::collection::vec(any::<u8>(), 0..64), a in word(), b in word()) {
            let asked = Attributes { verb: &a, resource: &b, subresource: &a, path: &b, ..Attributes::default() };
            let _ = rule.allows(&asked);
            let _ = rule.compact();
            let authorizer = Authorizer::new();
            for kind in [RbacKind::Role, RbacKind::ClusterRole, RbacKind::RoleBinding, RbacKind::ClusterRoleBinding] {
                let _ = authorizer.apply(kind, &bytes);
            }
            let _ = denied(&Caller { name: a.clone(), ..Caller::default() }, &asked, &b);
        }
    }
}
