//! patch, label, annotate, edit, replace, scale.

use anyhow::{Result, ensure};

use crate::runner::{Kubectl, contains, each};

#[tokio::test]
async fn every_kind_of_patch() -> Result<()> {
    each("patch", async |kubectl| {
        kubectl.ok("create configmap app -n shop --from-literal=a=1").await?;
        let cases = [
            ("-p {\"data\":{\"b\":\"2\"}}", "configmap/app patched", r#"{"a":"1","b":"2"}"#),
            ("-p {\"data\":{\"b\":\"2\"}}", "configmap/app patched (no change)", r#"{"a":"1","b":"2"}"#),
            ("--type=merge -p {\"data\":{\"a\":null}}", "configmap/app patched", r#"{"b":"2"}"#),
            (
                "--type=json -p [{\"op\":\"test\",\"path\":\"/data/b\",\"value\":\"2\"},{\"op\":\"move\",\"from\":\"/data/b\",\"path\":\"/data/c\"}]",
                "configmap/app patched",
                r#"{"c":"2"}"#,
            ),
            ("-p {\"data\":{\"$patch\":\"replace\",\"z\":\"9\"}}", "configmap/app patched", r#"{"z":"9"}"#),
        ];
        for (flags, says, data) in cases {
            kubectl.says(&format!("patch cm app -n shop {flags}"), says).await?;
            let now = kubectl.value("cm/app -n shop", ".data").await?;
            ensure!(now == data, "after {flags}: {now}");
        }
        bad_patches(kubectl).await
    })
    .await
}

async fn bad_patches(kubectl: &Kubectl) -> Result<()> {
    let version = kubectl.value("cm/app -n shop", ".metadata.resourceVersion").await?;
    let cases = [
        (
            "--type=json -p [{\"op\":\"test\",\"path\":\"/data/z\",\"value\":\"8\"}]",
            "test operation does not apply to path \"/data/z\"",
        ),
        (
            "--type=json -p [{\"op\":\"remove\",\"path\":\"/data/q\"}]",
            "remove operation does not apply to path \"/data/q\"",
        ),
        ("--type=json -p {\"a\":1}", "error decoding patch"),
        ("--type=merge -p {\"data\":{\"z\":1}}", "data.z: Invalid value: \"integer\""),
        ("-p {\"data\":{\"z\":[]}}", "data.z: Invalid value: \"array\""),
        (
            "--type=merge -p {\"metadata\":{\"name\":\"other\"}}",
            "the name of the object (other) does not match the name on the URL (app)",
        ),
        (
            "--type=merge -p {\"metadata\":{\"resourceVersion\":\"1\"}}",
            "the object has been modified; please apply your changes to the latest version and try again",
        ),
        ("--type=merge -p {\"metadata\":{\"uid\":\"1\"}}", "Precondition failed: UID in precondition: 1"),
    ];
    for (flags, why) in cases {
        contains(&kubectl.fails(&format!("patch cm app -n shop {flags}")).await?, &[why])?;
    }
    ensure!(kubectl.value("cm/app -n shop", ".metadata.resourceVersion").await? == version);

    kubectl.apply_shop().await?;
    let refused = "error: application/strategic-merge-patch+json is not supported by federation.cafefed.dev/v1alpha1, Kind=FederatedDeployment: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
    kubectl.complains("patch fdeploy shop --type=strategic -p {\"spec\":{\"replicas\":9}}", refused).await?;
    kubectl.ok("patch fdeploy shop --type=merge -p {\"spec\":{\"replicas\":9}}").await?;
    ensure!(kubectl.value("fdeploy/shop", ".spec.replicas").await? == "9");
    Ok(())
}

#[tokio::test]
async fn labels_and_annotations() -> Result<()> {
    each("label", async |kubectl| {
        kubectl.ok("create configmap app -n shop").await?;
        kubectl.says("label cm app -n shop tier=web", "configmap/app labeled").await?;
        kubectl.says("label cm app -n shop tier=web", "configmap/app not labeled").await?;
        let taken = "error: 'tier' already has a value (web), and --overwrite is false";
        kubectl.complains("label cm app -n shop tier=db", taken).await?;
        kubectl.says("label cm app -n shop tier=db --overwrite", "configmap/app labeled").await?;
        contains(&kubectl.ok("get cm -n shop -L tier -l tier=db").await?, &["TIER", "db"])?;
        kubectl.says("label cm app -n shop tier-", "configmap/app unlabeled").await?;
        kubectl.says("annotate cm app -n shop note=1", "configmap/app annotated").await?;
        ensure!(kubectl.value("cm/app -n shop", ".metadata.annotations").await? == r#"{"note":"1"}"#);
        kubectl.says("annotate cm app -n shop note-", "configmap/app annotated").await?;
        ensure!(kubectl.value("cm/app -n shop", ".metadata.annotations").await?.is_empty());
        kubectl.apply_world().await?;
        kubectl.says("label unit rz00 tier=web", "logicalunit.ldc.cafefed.dev/rz00 labeled").await?;
        kubectl.says("get unit -l tier -o name", "logicalunit.ldc.cafefed.dev/rz00").await
    })
    .await
}

#[tokio::test]
async fn an_editor_changes_objects() -> Result<()> {
    each("edit", async |kubectl| {
        kubectl.ok("create configmap app -n shop --from-literal=a=old").await?;
        let edit = async |script: &str| {
            kubectl.command("edit cm app -n shop").env("KUBE_EDITOR", script).run().await
        };
        let said = edit("sed -i s/old/new/").await?.success()?;
        ensure!(said == "configmap/app edited\n", "{said}");
        ensure!(kubectl.value("cm/app -n shop", ".data.a").await? == "new");
        let none = edit("true").await?;
        ensure!(none.stderr == "Edit cancelled, no changes made.\n", "{none:?}");
        // A bad edit is shown again with the error; leaving it as it is ends the command.
        let bad = edit("sed -i s/^data:/datta:/").await?.failure()?;
        contains(&bad, &["unknown field \"datta\""])?;
        ensure!(kubectl.value("cm/app -n shop", ".data.a").await? == "new");

        kubectl.apply_shop().await?;
        let editor = "sed -i s/replicas:.20/replicas:\\ 21/";
        let edited =
            kubectl.command("edit fdeploy shop").env("KUBE_EDITOR", editor).run().await?.success()?;
        ensure!(edited == "federateddeployment.federation.cafefed.dev/shop edited\n", "{edited}");
        ensure!(kubectl.value("fdeploy/shop", ".spec.replicas").await? == "21");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn replace_needs_the_object_and_its_version() -> Result<()> {
    each("replace", async |kubectl| {
        let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: app, namespace: shop}, data: {a: '1'}}";
        let missing = kubectl.fails_with("replace -f -", map).await?;
        contains(&missing, &["Error from server (NotFound)", "configmaps \"app\" not found"])?;
        kubectl.ok_with("create -f -", map).await?;
        let taken = kubectl.fails_with("create -f -", map).await?;
        contains(&taken, &["Error from server (AlreadyExists)", "configmaps \"app\" already exists"])?;
        kubectl.says_with("replace -f -", &map.replace("'1'", "'2'"), "configmap/app replaced").await?;
        let old = map.replace("name: app", "name: app, resourceVersion: '1'");
        let conflict = kubectl.fails_with("replace -f -", &old).await?;
        contains(&conflict, &["Error from server (Conflict)", "the object has been modified"])?;
        ensure!(kubectl.value("cm/app -n shop", ".data.a").await? == "2");
        let uid = kubectl.value("cm/app -n shop", ".metadata.uid").await?;
        kubectl.ok_with("replace --force -f -", map).await?;
        ensure!(kubectl.value("cm/app -n shop", ".metadata.uid").await? != uid, "it is a new one");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn applications_are_scaled() -> Result<()> {
    each("scale", async |kubectl| {
        kubectl.apply_shop().await?;
        let name = "federateddeployment.federation.cafefed.dev/shop";
        kubectl.says("scale fdeploy shop --replicas=30", &format!("{name} scaled")).await?;
        ensure!(kubectl.value("fdeploy/shop", ".spec.replicas").await? == "30");
        let differs = "error: Expected replicas to be 29, was 30";
        kubectl.complains("scale fdeploy/shop --replicas=31 --current-replicas=29", differs).await?;
        kubectl
            .says("scale fdeploy/shop --replicas=31 --current-replicas=30", &format!("{name} scaled"))
            .await?;
        let scale = kubectl.ok("get fdeploy shop --subresource=scale -o yaml").await?;
        contains(&scale, &["kind: Scale", "apiVersion: autoscaling/v1", "replicas: 31"])?;
        let patch = "patch fdeploy shop --subresource=scale --type=merge -p {\"spec\":{\"replicas\":32}}";
        kubectl.ok(patch).await?;
        ensure!(kubectl.value("fdeploy/shop", ".spec.replicas").await? == "32");
        let none = kubectl.fails("scale fdeploy none --replicas=1").await?;
        contains(&none, &["federateddeployments.federation.cafefed.dev \"none\" not found"])?;
        let unit = kubectl.fails("scale unit rz00 --replicas=1").await?;
        contains(&unit, &["the server could not find the requested resource"])
    })
    .await
}
