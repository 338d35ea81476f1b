//! explain, api-resources, api-versions, version, describe: what the server says about itself.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::runner::{contains, each};

#[tokio::test]
async fn kinds_and_versions_are_listed() -> Result<()> {
    each("discovery", async |kubectl| {
        let versions = kubectl.ok("api-versions").await?;
        contains(&versions, &["v1\n", "federation.cafefed.dev/v1alpha1\n", "ldc.cafefed.dev/v1alpha1\n"])?;
        let resources = kubectl.ok("api-resources --no-headers").await?;
        let row = |plural: &str| {
            let line = resources.lines().find(|line| line.starts_with(&format!("{plural} ")));
            line.unwrap_or_default().split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        };
        ensure!(row("configmaps") == "configmaps cm v1 true ConfigMap");
        ensure!(
            row("memberclusters") == "memberclusters mc federation.cafefed.dev/v1alpha1 false MemberCluster"
        );
        ensure!(
            row("federateddeployments")
                == "federateddeployments fdeploy federation.cafefed.dev/v1alpha1 true FederatedDeployment"
        );
        ensure!(row("deployunits") == "deployunits cell ldc.cafefed.dev/v1alpha1 false DeployUnit");
        let fed = kubectl.ok("api-resources --categories=fed --verbs=list,watch -o name").await?;
        contains(&fed, &["federateddeployments.federation.cafefed.dev\n"])?;
        let version: Value = serde_json::from_str(&kubectl.ok("version -o json").await?)?;
        let server = &version["serverVersion"];
        ensure!(
            server["major"] == "1"
                && server["minor"].as_str().is_some_and(|minor| minor.parse::<u32>().is_ok()),
            "{version}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn fields_are_explained() -> Result<()> {
    each("explain", async |kubectl| {
        let own = kubectl.ok("explain fdeploy.spec.placement").await?;
        contains(
            &own,
            &[
                "GROUP:      federation.cafefed.dev",
                "FIELD: placement <Object>",
                "units\t<[]string>\n    Logical units by name",
            ],
        )?;
        let whole = kubectl.ok("explain fdeploy --recursive").await?;
        contains(
            &whole,
            &["One application over the cells", "    replicas\t<integer>", "      upgradeType\t<string>"],
        )?;
        let map = kubectl.ok("explain configmap.data").await?;
        contains(&map, &["KIND:       ConfigMap", "FIELD: data <map[string]string>"])?;
        for kind in [
            "mc", "unit", "cell", "city", "site", "work", "wt", "fres", "rules", "ok", "csr", "lease",
            "role", "secret", "sa", "ns", "event",
        ] {
            ensure!(kubectl.ok(&format!("explain {kind}")).await?.contains("DESCRIPTION:\n    "), "{kind}");
        }
        let none = kubectl.fails("explain fdeploy.spec.nothing").await?;
        contains(&none, &["field \"nothing\" does not exist"])?;
        kubectl.complains("explain nosuch", "the server doesn't have a resource type \"nosuch\"").await.or(
            // Newer versions put their usual word before it.
            kubectl
                .complains("explain nosuch", "error: the server doesn't have a resource type \"nosuch\"")
                .await,
        )
    })
    .await
}
