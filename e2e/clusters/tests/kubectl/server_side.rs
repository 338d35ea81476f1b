//! Server-side apply: owners, conflicts, taking over.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::runner::{Kubectl, contains, each};

fn map(data: &str) -> String {
    format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: app, namespace: shop}}, data: {data}}}")
}

async fn owners(kubectl: &Kubectl) -> Result<Vec<(String, String)>> {
    let json = kubectl.ok("get cm app -n shop -o json --show-managed-fields").await?;
    let object: Value = serde_json::from_str(&json)?;
    let mut owners = Vec::new();
    for entry in object["metadata"]["managedFields"].as_array().into_iter().flatten() {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        owners.push((text("manager"), text("operation")));
    }
    owners.sort();
    Ok(owners)
}

#[tokio::test]
async fn a_field_of_somebody_else_is_a_conflict_until_it_is_forced() -> Result<()> {
    each("ssa", async |kubectl| {
        let apply = "apply --server-side -f -";
        kubectl.says_with(apply, &map("{a: '1', b: '2'}"), "configmap/app serverside-applied").await?;
        let other = "apply --server-side --field-manager=other -f -";
        // The same value is shared.
        kubectl.ok_with(other, &map("{a: '1'}")).await?;
        let conflict = kubectl.fails_with(other, &map("{b: '3'}")).await?;
        contains(&conflict, &["Apply failed with 1 conflict: conflict with \"kubectl\": .data.b"])?;
        ensure!(kubectl.value("cm/app -n shop", ".data.b").await? == "2", "a conflict changes nothing");

        kubectl.ok_with(&format!("{other} --force-conflicts"), &map("{b: '3'}")).await?;
        ensure!(kubectl.value("cm/app -n shop", ".data").await? == r#"{"a":"1","b":"3"}"#);
        // kubectl owns a alone now; leaving it out removes it.
        let conflict = kubectl.fails_with(apply, &map("{b: '2'}")).await?;
        contains(&conflict, &["conflict with \"other\": .data.b"])?;
        kubectl.ok_with(apply, &map("{b: '3'}")).await?;
        ensure!(kubectl.value("cm/app -n shop", ".data").await? == r#"{"b":"3"}"#);
        let expected = ["kubectl", "other"].map(|name| (name.to_owned(), "Apply".to_owned()));
        let owners = owners(kubectl).await?;
        ensure!(owners == expected, "{owners:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_object_moves_over_from_client_side_apply() -> Result<()> {
    each("ssa-migration", async |kubectl| {
        kubectl.ok_with("apply -f -", &map("{a: '1', b: '2'}")).await?;
        ensure!(owners(kubectl).await? == [("kubectl-client-side-apply".to_owned(), "Update".to_owned())]);
        kubectl.ok_with("apply --server-side -f -", &map("{a: '1'}")).await?;
        ensure!(kubectl.value("cm/app -n shop", ".data").await? == r#"{"a":"1"}"#);
        let owners = owners(kubectl).await?;
        ensure!(
            owners.iter().any(|owner| owner == &("kubectl".to_owned(), "Apply".to_owned())),
            "{owners:?}"
        );
        ensure!(owners.iter().all(|(name, _)| name != "kubectl-client-side-apply"), "{owners:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn own_kinds_too() -> Result<()> {
    each("ssa-own", async |kubectl| {
        kubectl.apply_shop().await?;
        let manifest = |replicas: i32| {
            format!(
                "{{apiVersion: federation.cafefed.dev/v1alpha1, kind: FederatedDeployment, metadata: {{name: shop, namespace: default}}, spec: {{replicas: {replicas}}}}}"
            )
        };
        let apply = "apply --server-side --field-manager=scaler -f -";
        let conflict = kubectl.fails_with(apply, &manifest(7)).await?;
        contains(&conflict, &["conflict with \"kubectl-client-side-apply\"", ".spec.replicas"])?;
        let dry = format!("{apply} --force-conflicts --dry-run=server");
        contains(&kubectl.ok_with(&dry, &manifest(7)).await?, &["serverside-applied (server dry run)"])?;
        ensure!(kubectl.value("fdeploy/shop", ".spec.replicas").await? == "20");
        kubectl.ok_with(&format!("{apply} --force-conflicts"), &manifest(7)).await?;
        ensure!(kubectl.value("fdeploy/shop", ".spec.replicas").await? == "7");
        Ok(())
    })
    .await
}
