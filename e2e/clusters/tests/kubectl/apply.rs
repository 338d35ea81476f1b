//! Client-side apply, its dry run, diff and prune.

use anyhow::{Result, ensure};

use crate::runner::{contains, each};

const BOTH: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: app, namespace: shop}, data: {a: '1', b: '2'}}";
const LESS: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: app, namespace: shop}, data: {a: '1'}}";

#[tokio::test]
async fn apply_makes_leaves_alone_and_removes_fields() -> Result<()> {
    each("apply", async |kubectl| {
        kubectl.says_with("apply -f -", BOTH, "configmap/app created").await?;
        let version = kubectl.value("cm/app -n shop", ".metadata.resourceVersion").await?;
        kubectl.says_with("apply -f -", BOTH, "configmap/app unchanged").await?;
        ensure!(kubectl.value("cm/app -n shop", ".metadata.resourceVersion").await? == version);

        // What somebody else added stays, what the manifest had and has no more goes.
        kubectl.ok("patch cm app -n shop -p {\"data\":{\"c\":\"3\"}}").await?;
        kubectl.says_with("apply -f -", LESS, "configmap/app configured").await?;
        ensure!(kubectl.value("cm/app -n shop", ".data").await? == r#"{"a":"1","c":"3"}"#);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn dry_runs_and_diffs_change_nothing() -> Result<()> {
    each("diff", async |kubectl| {
        let dry = kubectl.ok_with("apply --dry-run=server -f -", BOTH).await?;
        contains(&dry, &["configmap/app created (server dry run)"])?;
        kubectl
            .complains("get cm app -n shop", "Error from server (NotFound): configmaps \"app\" not found")
            .await?;
        kubectl.ok_with("apply -f -", BOTH).await?;
        let version = kubectl.value("cm/app -n shop", ".metadata.resourceVersion").await?;

        ensure!(kubectl.ok_with("diff -f -", BOTH).await?.is_empty(), "there is no difference");
        let diff = kubectl.command("diff -f -").input(format!("---\n{LESS}")).run().await?;
        ensure!(diff.status.code() == Some(1), "{diff:?}");
        contains(&diff.stdout, &["-  b: \"2\""])?;
        let side = kubectl
            .command("diff --server-side -f -")
            .input(format!("---\n{}", BOTH.replace("'2'", "'9'")))
            .run()
            .await?;
        // The field is owned by the client-side apply of before: a conflict is what apply would say, too.
        ensure!(side.status.code() == Some(1), "{side:?}");
        contains(&side.stdout, &["-  b: \"2\"", "+  b: \"9\""])?;

        let dry = kubectl.ok_with("apply --dry-run=server -f -", LESS).await?;
        contains(&dry, &["configmap/app configured (server dry run)"])?;
        for line in [
            "label cm app -n shop x=y --dry-run=server",
            "delete cm app -n shop --dry-run=server",
            "create configmap other -n shop --dry-run=server",
            "patch cm app -n shop --dry-run=server -p {\"data\":{\"q\":\"1\"}}",
        ] {
            kubectl.ok(line).await?;
        }
        ensure!(kubectl.value("cm/app -n shop", ".metadata.resourceVersion").await? == version);
        kubectl.says("get cm -n shop -l x=y -o name", "").await?;
        kubectl.fails("get cm other -n shop").await.map(|_| ())
    })
    .await
}

#[tokio::test]
async fn prune_deletes_what_the_manifests_no_longer_have() -> Result<()> {
    each("prune", async |kubectl| {
        let labelled = |name: &str| {
            format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: shop, labels: {{app: x}}}}}}\n")
        };
        let two = format!("{}---\n{}", labelled("one"), labelled("two"));
        kubectl.says_with("apply -f -", &two, "configmap/one created\nconfigmap/two created").await?;
        let prune = "apply --prune -l app=x -n shop --prune-allowlist=core/v1/ConfigMap -f -";
        kubectl.says_with(prune, &labelled("one"), "configmap/one unchanged\nconfigmap/two pruned").await?;
        kubectl.says("get cm -n shop -l app=x -o name", "configmap/one").await
    })
    .await
}

#[tokio::test]
async fn own_kinds_are_applied_over_and_over() -> Result<()> {
    each("own", async |kubectl| {
        kubectl.apply_shop().await?;
        let state = "{.metadata.resourceVersion} {.metadata.generation}";
        let before = kubectl.value("fdeploy/shop", ".metadata.generation").await?;
        kubectl.apply_shop().await?;
        kubectl.apply_shop().await?;
        ensure!(kubectl.value("fdeploy/shop", ".metadata.generation").await? == before, "{state} moved");
        let units = kubectl.value("fdeploy/shop", ".spec.placement.units").await?;
        ensure!(units == r#"["rz00","rz01","rz82"]"#, "{units}");
        Ok(())
    })
    .await
}
