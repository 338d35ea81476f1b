//! create: the kinds that kubectl has a verb for (their bodies are protobuf), rights and tokens.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::runner::{Kubectl, contains, each};

#[tokio::test]
async fn kinds_with_a_verb_of_their_own() -> Result<()> {
    each("create", async |kubectl| {
        let file = kubectl.write("binary", [0, 159, 146, 150])?;
        let binary = format!("create configmap files -n shop --from-file=blob={}", file.display());
        let rbac = "rbac.authorization.k8s.io";
        let cases = [
            ("create namespace web", "namespace/web created".to_owned()),
            ("create configmap app -n shop --from-literal=a=1", "configmap/app created".to_owned()),
            (&binary, "configmap/files created".to_owned()),
            ("create secret generic key -n shop --from-literal=a=1", "secret/key created".to_owned()),
            ("create serviceaccount bot -n shop", "serviceaccount/bot created".to_owned()),
            (
                "create role reader -n shop --verb=get,list --resource=configmaps",
                format!("role.{rbac}/reader created"),
            ),
            (
                "create rolebinding bot -n shop --role=reader --serviceaccount=shop:bot",
                format!("rolebinding.{rbac}/bot created"),
            ),
            (
                "create clusterrole deployer --verb=* --resource=federateddeployments.federation.cafefed.dev",
                format!("clusterrole.{rbac}/deployer created"),
            ),
            (
                "create clusterrolebinding ann --clusterrole=deployer --user=ann",
                format!("clusterrolebinding.{rbac}/ann created"),
            ),
        ];
        for (line, says) in cases {
            kubectl.says(line, &says).await?;
        }
        ensure!(kubectl.value("cm/files -n shop", ".binaryData.blob").await? == "AJ+Slg==");
        ensure!(kubectl.value("secret/key -n shop", ".data.a").await? == "MQ==");
        ensure!(kubectl.value("secret/key -n shop", ".type").await? == "Opaque");
        descriptions(kubectl).await?;
        rights(kubectl).await?;
        tokens(kubectl).await
    })
    .await
}

async fn descriptions(kubectl: &Kubectl) -> Result<()> {
    let cases = [
        ("cm app -n shop", "Data\n====\na:\n----\n1\n"),
        ("secret key -n shop", "Type:  Opaque\n\nData\n====\na:  1 bytes"),
        ("sa bot -n shop", "Image pull secrets:  <none>"),
        ("role reader -n shop", "  configmaps  []                 []              [get list]"),
        ("rolebinding bot -n shop", "  ServiceAccount  bot   shop"),
        ("ns shop", "Status:       Active"),
    ];
    for (object, part) in cases {
        contains(&kubectl.ok(&format!("describe {object}")).await?, &[part])?;
    }
    Ok(())
}

async fn rights(kubectl: &Kubectl) -> Result<()> {
    kubectl.says("auth can-i create configmaps -n shop", "yes").await?;
    kubectl.says("auth can-i get cm -n shop --as=system:serviceaccount:shop:bot", "yes").await?;
    kubectl.says("auth can-i delete fdeploy --as=ann", "yes").await?;
    for line in ["auth can-i create cm -n shop", "auth can-i get cm -n web"] {
        let refused = kubectl.run(&format!("{line} --as=system:serviceaccount:shop:bot")).await?;
        ensure!(refused.status.code() == Some(1) && refused.stdout == "no\n", "{refused:?}");
    }
    let forbidden = "Error from server (Forbidden): configmaps is forbidden: User \"ann\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"shop\"";
    kubectl.complains("get cm -n shop --as=ann", forbidden).await?;
    let list = kubectl.ok("auth can-i --list -n shop --as=system:serviceaccount:shop:bot").await?;
    let row = list.lines().find(|line| line.starts_with("configmaps ")).unwrap_or_default();
    contains(row, &["[get list]"])?;
    let who = kubectl.ok("auth whoami -o json --as=ann --as-group=ops").await?;
    let who: Value = serde_json::from_str(&who)?;
    let user = &who["status"]["userInfo"];
    ensure!(user["username"] == "ann" && user["groups"].to_string().contains("\"ops\""), "{who}");
    contains(&kubectl.ok("auth whoami").await?, &["system:masters", "credential-id", "X509SHA256="])
}

async fn tokens(kubectl: &Kubectl) -> Result<()> {
    let token = kubectl.ok("create token bot -n shop --duration=10m").await?;
    ensure!(token.trim().split('.').count() == 3, "{token}");
    // The administrator's certificate goes before a token: a kubeconfig without it.
    let admin: Value = serde_json::from_str(&kubectl.ok("config view --raw -o json").await?)?;
    let mut config = admin.clone();
    config["users"][0]["user"] = serde_json::json!({ "token": token.trim() });
    let path = kubectl.write("bot.kubeconfig", config.to_string())?;
    let bot = format!("--kubeconfig={}", path.display());
    contains(
        &kubectl.ok(&format!("auth whoami {bot}")).await?,
        &["system:serviceaccount:shop:bot", "system:serviceaccounts:shop"],
    )?;
    kubectl.says(&format!("get cm app -n shop -o name {bot}"), "configmap/app").await?;
    let refused = kubectl.fails(&format!("delete cm app -n shop {bot}")).await?;
    contains(
        &refused,
        &[
            "Error from server (Forbidden)",
            "cannot delete resource \"configmaps\" in API group \"\" in the namespace \"shop\"",
        ],
    )?;
    config["users"][0]["user"] = serde_json::json!({ "token": "no.such.token" });
    let path = kubectl.write("nobody.kubeconfig", config.to_string())?;
    let refused = kubectl.fails(&format!("get cm -n shop --kubeconfig={}", path.display())).await?;
    contains(&refused, &["You must be logged in to the server"])
}
