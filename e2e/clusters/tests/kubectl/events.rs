//! Events: listed, sorted by object, shown by describe.

use anyhow::{Result, ensure};

use crate::runner::{contains, each};

#[tokio::test]
async fn events_of_an_object() -> Result<()> {
    each("events", async |kubectl| {
        kubectl.says("get events -n shop", "").await?;
        kubectl.ok("create configmap app -n shop").await?;
        let uid = kubectl.value("cm/app -n shop", ".metadata.uid").await?;
        let event = format!(
            "{{apiVersion: v1, kind: Event, metadata: {{name: app.1, namespace: shop}}, type: Warning, reason: Broken, message: it broke, count: 3, \
             firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:01:00Z', source: {{component: tester}}, \
             involvedObject: {{apiVersion: v1, kind: ConfigMap, name: app, namespace: shop, uid: {uid}}}}}"
        );
        kubectl.ok_with("create -f -", &event).await?;
        let listed = kubectl.ok("get events -n shop").await?;
        contains(&listed, &["LAST SEEN", "Warning   Broken   configmap/app   it broke"])?;
        contains(&kubectl.ok("describe cm app -n shop").await?, &["Warning  Broken", "tester  it broke"])?;
        contains(&kubectl.ok("events -n shop --for=configmap/app").await?, &["Broken", "it broke"])?;
        let selected = format!("get events -n shop -o name --field-selector involvedObject.uid={uid},type=Warning");
        kubectl.says(&selected, "event/app.1").await?;
        kubectl.says("get events -n shop -o name --field-selector reason=Other", "").await?;
        // The same event under its other group.
        let other = "get events.events.k8s.io app.1 -n shop -o jsonpath={.note}/{.regarding.name}";
        ensure!(kubectl.ok(other).await? == "it broke/app");
        Ok(())
    })
    .await
}
