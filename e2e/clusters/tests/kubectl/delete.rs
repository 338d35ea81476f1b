//! delete: propagation, finalizers, selectors, whole namespaces.

use anyhow::{Result, ensure};
use e2e_clusters::wait;

use crate::runner::{Kubectl, contains, each};

/// Makes `owner` and `owned`, which points to it.
async fn family(kubectl: &Kubectl) -> Result<()> {
    kubectl.ok("create configmap owner -n shop").await?;
    let uid = kubectl.value("cm/owner -n shop", ".metadata.uid").await?;
    let owned = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: owned, namespace: shop, ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: owner, uid: {uid}, blockOwnerDeletion: true}}]}}}}"
    );
    kubectl.ok_with("create -f -", &owned).await.map(|_| ())
}

async fn gone(kubectl: &Kubectl, name: &str) -> Result<()> {
    wait::until(&format!("{name} to go"), wait::LONG, async || {
        let left = kubectl.ok(&format!("get cm {name} -n shop --ignore-not-found -o name")).await?;
        ensure!(left.is_empty(), "{left}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn dependents_go_or_stay_as_asked() -> Result<()> {
    each("cascade", async |kubectl| {
        for cascade in ["background", "foreground"] {
            family(kubectl).await?;
            kubectl
                .says(
                    &format!("delete cm owner -n shop --cascade={cascade}"),
                    &deleted(kubectl, "owner").await?,
                )
                .await?;
            gone(kubectl, "owner").await?;
            if cascade == "foreground" {
                kubectl.fails("get cm owned -n shop").await?;
            }
            gone(kubectl, "owned").await?;
        }
        family(kubectl).await?;
        kubectl.ok("delete cm owner -n shop --cascade=orphan").await?;
        gone(kubectl, "owner").await?;
        ensure!(kubectl.value("cm/owned -n shop", ".metadata.ownerReferences").await?.is_empty());
        kubectl.ok("delete cm owned -n shop --now").await.map(|_| ())
    })
    .await
}

/// The words for a deleted ConfigMap: newer versions add the namespace.
async fn deleted(kubectl: &Kubectl, name: &str) -> Result<String> {
    kubectl.ok("create configmap probe -n shop").await?;
    let said = kubectl.ok("delete cm probe -n shop").await?;
    contains(&said, &["configmap \"probe\" deleted"])?;
    Ok(said.replace("probe", name))
}

#[tokio::test]
async fn finalizers_hold_an_object() -> Result<()> {
    each("finalizers", async |kubectl| {
        let held = "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, namespace: shop, finalizers: [test.dev/hold]}}";
        kubectl.ok_with("create -f -", held).await?;
        kubectl.ok("delete cm held -n shop --wait=false").await?;
        ensure!(!kubectl.value("cm/held -n shop", ".metadata.deletionTimestamp").await?.is_empty());
        let more = "patch cm held -n shop --type=merge -p {\"metadata\":{\"finalizers\":[\"test.dev/hold\",\"test.dev/more\"]}}";
        contains(&kubectl.fails(more).await?, &["metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"])?;
        kubectl.fails("wait --for=delete cm/held -n shop --timeout=1s").await?;
        let free = async {
            kubectl.ok("patch cm held -n shop --type=merge -p {\"metadata\":{\"finalizers\":null}}").await
        };
        let (waited, freed) = tokio::join!(kubectl.ok("wait --for=delete cm/held -n shop --timeout=60s"), free);
        waited.and(freed)?;
        let none = "Error from server (NotFound): configmaps \"held\" not found";
        kubectl.complains("delete cm held -n shop", none).await?;
        kubectl.ok("delete cm held -n shop --ignore-not-found").await.map(|_| ())
    })
    .await
}

#[tokio::test]
async fn many_at_once() -> Result<()> {
    each("delete-many", async |kubectl| {
        for name in ["one", "two", "three"] {
            kubectl.ok(&format!("create configmap {name} -n shop")).await?;
        }
        kubectl.ok("label cm one two -n shop app=x").await?;
        kubectl.says("delete cm -n shop -l app=y", "No resources found").await?;
        contains(&kubectl.ok("delete cm -n shop -l app=x").await?, &["\"one\" deleted", "\"two\" deleted"])?;
        kubectl.says("get cm three -n shop -o name", "configmap/three").await?;
        kubectl.ok("delete cm --all -n shop").await?;
        gone(kubectl, "three").await
    })
    .await
}

#[tokio::test]
async fn a_namespace_goes_with_all_in_it() -> Result<()> {
    each("delete-namespace", async |kubectl| {
        kubectl.ok("create configmap app -n shop").await?;
        let held = "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, namespace: shop, finalizers: [test.dev/hold]}}";
        kubectl.ok_with("create -f -", held).await?;
        kubectl.ok("delete namespace shop --wait=false").await?;
        wait::until("the first to go", wait::LONG, async || {
            kubectl.fails("get cm app -n shop").await.map(|_| ())
        })
        .await?;
        ensure!(kubectl.value("ns/shop", ".status.phase").await? == "Terminating");
        let late = kubectl.fails("create configmap late -n shop").await?;
        contains(&late, &["configmaps \"late\" is forbidden: unable to create new content in namespace shop because it is being terminated"])?;
        kubectl.ok("patch cm held -n shop --type=merge -p {\"metadata\":{\"finalizers\":null}}").await?;
        kubectl.ok("wait --for=delete ns/shop --timeout=60s").await?;
        let none = "Error from server (NotFound): namespaces \"shop\" not found";
        kubectl.complains("get ns shop", none).await?;
        let kept = kubectl.fails("delete namespace kube-system").await?;
        contains(&kept, &["namespaces \"kube-system\" is forbidden: this namespace may not be deleted"])
    })
    .await
}
