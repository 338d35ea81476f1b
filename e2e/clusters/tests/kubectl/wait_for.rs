//! wait: for conditions and values, before and after they are there.

use anyhow::Result;

use crate::runner::{contains, each};

#[tokio::test]
async fn conditions_and_values() -> Result<()> {
    each("wait", async |kubectl| {
        kubectl.apply_world().await?;
        let met = "logicalunit.ldc.cafefed.dev/rz00 condition met";
        kubectl.says("wait --for=condition=HomeDiffers=Unknown unit/rz00 --timeout=60s", met).await?;
        kubectl
            .says(
                "wait --for=jsonpath={.status.phase}=Active ns/shop --timeout=60s",
                "namespace/shop condition met",
            )
            .await?;
        let late = kubectl.fails("wait --for=condition=Ready ns/shop --timeout=1s").await?;
        contains(&late, &["timed out waiting for the condition on namespaces/shop"])?;

        kubectl.ok("create configmap app -n shop").await?;
        let wait = "wait --for=jsonpath={.data.done}=yes cm/app -n shop --timeout=60s";
        let patch = "patch cm app -n shop -p {\"data\":{\"done\":\"yes\"}}";
        let (waited, patched) =
            tokio::join!(kubectl.says(wait, "configmap/app condition met"), kubectl.ok(patch));
        patched?;
        waited
    })
    .await
}
