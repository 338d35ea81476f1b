//! Who may do what, over TLS.

use anyhow::Result;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;

use crate::world::{World, eventually, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn rights_come_and_go_with_bindings() -> Result<()> {
    let world = World::start().await?;
    let (admin, dev) = (world.admin().await?, world.user("dev", &["team"]).await?);
    let secrets: Api<Secret> = Api::namespaced(dev.clone(), "default");
    let (code, message) = refusal(secrets.list(&ListParams::default()).await);
    assert_eq!(code, 403);
    assert_eq!(
        message,
        "secrets is forbidden: User \"dev\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\""
    );
    let binding = json!({
        "metadata": { "name": "team" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "team" }],
    });
    let bindings: Api<RoleBinding> = Api::namespaced(admin.clone(), "default");
    bindings.create(&PostParams::default(), &serde_json::from_value(binding)?).await?;
    eventually("the right to list", || async { Ok(secrets.list(&ListParams::default()).await.ok()) }).await?;
    let elsewhere: Api<Secret> = Api::namespaced(dev, "kube-system");
    assert_eq!(refusal(elsewhere.list(&ListParams::default()).await).0, 403);
    bindings.delete("team", &kube::api::DeleteParams::default()).await?;
    eventually("the right is gone", || async { Ok(secrets.list(&ListParams::default()).await.err()) })
        .await?;
    world.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_away_what_they_do_not_hold() -> Result<()> {
    let world = World::start().await?;
    let (admin, clerk) = (world.admin().await?, world.user("clerk", &[]).await?);
    let rules = json!([
        { "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["create", "get"] },
        { "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"] },
    ]);
    let role: ClusterRole =
        serde_json::from_value(json!({ "metadata": { "name": "clerk" }, "rules": rules }))?;
    Api::all(admin.clone()).create(&PostParams::default(), &role).await?;
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": { "name": "clerk" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "clerk" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "clerk" }],
    }))?;
    Api::all(admin).create(&PostParams::default(), &binding).await?;
    let roles: Api<Role> = Api::namespaced(clerk.clone(), "default");
    let role = |name: &str, resource: &str| -> Result<Role> {
        Ok(serde_json::from_value(json!({ "metadata": { "name": name },
            "rules": [{ "apiGroups": [""], "resources": [resource], "verbs": ["get", "list"] }] }))?)
    };
    let fine = role("fine", "configmaps")?;
    eventually("the right to create roles", || async {
        Ok(roles.create(&PostParams::default(), &fine).await.ok())
    })
    .await?;
    let (code, message) = refusal(roles.create(&PostParams::default(), &role("more", "secrets")?).await);
    assert_eq!(code, 403);
    assert_eq!(
        message,
        "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"clerk\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}"
    );
    let bindings: Api<RoleBinding> = Api::namespaced(clerk, "default");
    let binding = json!({
        "metadata": { "name": "x" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "clerk" }],
    });
    let (code, message) =
        refusal(bindings.create(&PostParams::default(), &serde_json::from_value(binding)?).await);
    assert!(code == 403 && message.contains("not currently held"), "{code} {message}");
    world.end().await;
    Ok(())
}
