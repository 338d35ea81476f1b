//! Bad manifests: one clear error each, and nothing is changed.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::runner::{Kubectl, contains, each};

const GOOD: &str = r#"
apiVersion: federation.cafefed.dev/v1alpha1
kind: FederatedDeployment
metadata: {name: bad, namespace: shop}
spec:
  replicas: 20
  placement: {units: [rz00]}
  template:
    spec:
      selector: {matchLabels: {app: shop}}
      template:
        metadata: {labels: {app: shop}}
        spec: {containers: [{name: shop, image: "registry.example/shop:v1"}]}
"#;

/// `GOOD` with one thing changed: what was, what is instead, and what the complaint must name.
const WRONG: &[(&str, &str, &[&str])] = &[
    ("  replicas: 20", "  replica: 20", &["strict decoding error: unknown field \"spec.replica\""]),
    (
        "replicas: 20",
        "replicas: many",
        &["spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer"],
    ),
    (
        "replicas: 20",
        "replicas: -1",
        &["spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0"],
    ),
    ("  placement: {units: [rz00]}\n", "", &["spec.placement: Required value"]),
    ("[rz00]", "[]", &["spec: Invalid value: placement is empty: name units, or select cells or clusters"]),
    ("[rz00]", "[rz77]", &["spec.placement.units[0]: Not found: \"rz77\""]),
    (
        "replicas: 20",
        "replicas: 20\n  deletionPolicy: Sometimes",
        &["spec.deletionPolicy: Unsupported value: \"Sometimes\": supported values: \"Delete\", \"Orphan\""],
    ),
    (
        "name: bad",
        "name: Bad_Name",
        &["metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain"],
    ),
    (
        "name: bad",
        "name: a-name-of-more-than-fifty-two-characters-has-no-room-for-pods",
        &["a name of more than 52 characters leaves no room"],
    ),
    ("namespace: shop", "namespace: nowhere", &["namespaces \"nowhere\" not found"]),
    (
        "namespace: shop",
        "namespace: shop, labels: {\"a b\": c}",
        &["metadata.labels: Invalid value: \"a b\""],
    ),
    (
        "v1alpha1",
        "v9",
        &["no matches for kind \"FederatedDeployment\" in version \"federation.cafefed.dev/v9\""],
    ),
    ("kind: FederatedDeployment\n", "", &["kind not set"]),
    ("name: bad, ", "", &["name"]),
];

#[tokio::test]
async fn each_gives_one_error_that_names_the_field() -> Result<()> {
    each("bad", async |kubectl| {
        kubectl.apply_world().await?;
        let before = everything(kubectl).await?;
        for (was, is, complaint) in WRONG {
            ensure!(GOOD.contains(was), "{was:?} is not in the good manifest");
            let manifest = GOOD.replacen(was, is, 1);
            for verb in ["create -f -", "apply -f -", "apply --server-side -f -"] {
                let said = kubectl.fails_with(verb, &manifest).await?;
                contains(&said, complaint).with_context(|| format!("{verb} with {is:?}"))?;
            }
        }
        empty_and_broken(kubectl).await?;
        ensure!(everything(kubectl).await? == before, "something was changed");
        kubectl.ok_with("create -f -", GOOD).await.map(|_| ())
    })
    .await
}

async fn empty_and_broken(kubectl: &Kubectl) -> Result<()> {
    let cases = [
        ("", "error: no objects passed to create"),
        ("# nothing\n---\n", "error: no objects passed to create"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: [}", "error converting YAML to JSON"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: shop}, data: {a: 1}}", "data.a"),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: shop}, datta: {}}",
            "unknown field \"datta\"",
        ),
        (
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: b, namespace: shop}, rules: [{apiGroups: [''], resources: [pods]}]}",
            "rules[0].verbs: Required value",
        ),
        ("{apiVersion: v1, kind: Secret, metadata: {name: b, namespace: shop}, data: {a: '***'}}", "data.a"),
    ];
    for (manifest, complaint) in cases {
        contains(&kubectl.fails_with("create -f -", manifest).await?, &[complaint])?;
    }
    Ok(())
}

#[tokio::test]
async fn repeated_keys_are_refused() -> Result<()> {
    each("duplicates", async |kubectl| {
        // kubectl itself keeps the last of two keys; only raw bytes reach the server.
        let body = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"a":"1","a":"2"}}"#;
        let raw = "create --raw /api/v1/namespaces/shop/configmaps?fieldValidation=Strict -f -";
        let said = kubectl.fails_with(raw, body).await?;
        contains(&said, &["ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: duplicate field \"data.a\""])?;
        kubectl.complains("get cm b -n shop", "Error from server (NotFound): configmaps \"b\" not found").await
    })
    .await
}

#[tokio::test]
async fn what_is_too_large_is_refused() -> Result<()> {
    each("large", async |kubectl| {
        let big = |bytes: usize| {
            format!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"big\",\"namespace\":\"shop\"}},\"data\":{{\"a\":\"{}\"}}}}",
                "x".repeat(bytes)
            )
        };
        let said = kubectl.fails_with("create -f -", &big(3 * 1024 * 1024)).await?;
        contains(&said, &["Request entity too large: limit is 3145728"])?;
        let said = kubectl.fails_with("create -f -", &big(1024 * 1024 + 1)).await?;
        contains(&said, &["ConfigMap \"big\" is invalid", "Too long: may not be more than 1048576 bytes"])?;
        kubectl.fails("get cm big -n shop").await.map(|_| ())
    })
    .await
}

#[tokio::test]
async fn a_home_map_that_overlaps_is_refused() -> Result<()> {
    each("overlap", async |kubectl| {
        kubectl.apply_world().await?;
        let before = kubectl.value("unit/rz00", ".spec").await?;
        let said = kubectl.fails("patch unit rz00 --type=merge -p {\"spec\":{\"baseUIDs\":\"00-55\"}}").await?;
        contains(&said, &["LogicalUnit \"rz00\" is invalid: spec.baseUIDs", "UIDs 50-55 are at home in unit rz01 already"])?;
        let said = kubectl.fails("patch unit rz00 --type=merge -p {\"spec\":{\"baseUIDs\":\"00-abc\"}}").await?;
        contains(&said, &["spec.baseUIDs: Invalid value: \"00-abc\""])?;
        let cell = "{apiVersion: ldc.cafefed.dev/v1alpha1, kind: DeployUnit, metadata: {name: x}, spec: {unit: nounit, side: A, cluster: hz-a, weight: 1}}";
        contains(&kubectl.fails_with("create -f -", cell).await?, &["nounit"])?;
        ensure!(kubectl.value("unit/rz00", ".spec").await? == before);
        Ok(())
    })
    .await
}

/// Name and version of all objects that users make.
async fn everything(kubectl: &Kubectl) -> Result<Vec<String>> {
    let kinds = "configmaps,secrets,roles,logicalunits,deployunits,fdeploy";
    let json: Value = serde_json::from_str(&kubectl.ok(&format!("get {kinds} -A -o json")).await?)?;
    let items = json["items"].as_array().context("a list")?;
    Ok(items
        .iter()
        .map(|item| format!("{} {} {}", item["kind"], item["metadata"]["name"], item["metadata"]["uid"]))
        .collect())
}
