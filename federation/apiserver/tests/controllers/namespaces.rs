//! Namespaces from their first objects to their end.

use anyhow::Result;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::world::{World, eventually, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_gets_its_objects_and_takes_its_content_with_it() -> Result<()> {
    let world = World::start().await?;
    let client = world.admin().await?;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        namespaces.get(name).await?;
    }
    let shop: Namespace = serde_json::from_value(json!({ "metadata": { "name": "shop" } }))?;
    namespaces.create(&PostParams::default(), &shop).await?;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "shop");
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "shop");
    let root =
        eventually("kube-root-ca.crt", || async { Ok(maps.get_opt("kube-root-ca.crt").await?) }).await?;
    let pem = root.data.and_then(|d| d.get("ca.crt").cloned());
    assert_eq!(pem.as_deref(), Some(world.pki.authority().certificate_pem()));
    eventually("the default account", || async { Ok(accounts.get_opt("default").await?) }).await?;
    // What somebody takes away comes back.
    accounts.delete("default", &DeleteParams::default()).await?;
    eventually("the default account", || async { Ok(accounts.get_opt("default").await?) }).await?;

    // Content that is held keeps the namespace, and its conditions say so.
    let held = json!({ "metadata": { "name": "held", "finalizers": ["example.com/hold"] } });
    maps.create(&PostParams::default(), &serde_json::from_value(held)?).await?;
    namespaces.delete("shop", &DeleteParams::background()).await?;
    let text = eventually("a condition", || async {
        let status = namespaces.get("shop").await?.status.unwrap_or_default();
        let found = status.conditions.into_iter().flatten();
        Ok(found
            .into_iter()
            .find(|c| c.type_ == "NamespaceFinalizersRemaining" && c.status == "True")
            .and_then(|c| c.message))
    })
    .await?;
    assert_eq!(
        text,
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
    );
    let late = serde_json::from_value(json!({ "metadata": { "name": "late" } }))?;
    let (code, message) = refusal(maps.create(&PostParams::default(), &late).await);
    assert!(code == 403 && message.contains("being terminated"), "{code} {message}");
    let release = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    maps.patch("held", &PatchParams::default(), &release).await?;
    eventually("the namespace is gone", || async {
        Ok(namespaces.get_opt("shop").await?.is_none().then_some(()))
    })
    .await?;
    assert!(maps.get_opt("kube-root-ca.crt").await?.is_none());
    world.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn aggregating_roles_show_their_rules() -> Result<()> {
    let world = World::start().await?;
    let roles: Api<ClusterRole> = Api::all(world.admin().await?);
    let has = |role: &ClusterRole, resource: &str| {
        role.rules.iter().flatten().any(|r| r.resources.iter().flatten().any(|x| x == resource))
    };
    eventually("the rules of admin", || async {
        let admin = roles.get("admin").await?;
        Ok((has(&admin, "rolebindings") && has(&admin, "secrets") && has(&admin, "endpoints")).then_some(()))
    })
    .await?;
    world.end().await;
    Ok(())
}
