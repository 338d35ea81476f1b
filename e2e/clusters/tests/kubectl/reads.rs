//! get: every form of output, selectors, pages, watching.

use anyhow::{Result, ensure};
use e2e_clusters::process::Program;
use e2e_clusters::wait;
use serde_json::Value;

use crate::runner::{Kubectl, contains, each, read, rows};

#[tokio::test]
async fn objects_are_shown_in_every_form() -> Result<()> {
    each("reads", async |kubectl| {
        kubectl.ok("create configmap settings -n shop --from-literal=a=1 --from-literal=b=2").await?;
        let table = kubectl.ok("get configmap settings -n shop").await?;
        ensure!(table.starts_with("NAME       DATA   AGE\nsettings   2      "), "{table}");
        kubectl.says("get cm settings -n shop -o name", "configmap/settings").await?;
        kubectl.says("get cm settings -n shop -o jsonpath={.data.b}", "2").await?;
        let columns = "-o custom-columns=NAME:.metadata.name,A:.data.a";
        kubectl.says(&format!("get cm settings -n shop {columns}"), "NAME       A\nsettings   1").await?;
        let json: Value = serde_json::from_str(&kubectl.ok("get cm settings -n shop -o json").await?)?;
        ensure!(json["kind"] == "ConfigMap" && json["data"]["a"] == "1", "{json}");
        ensure!(json["metadata"].get("managedFields").is_none(), "kubectl hides them: {json}");
        let yaml = kubectl.ok("get cm settings -n shop -o yaml --show-managed-fields").await?;
        contains(
            &yaml,
            &[
                "apiVersion: v1\ndata:\n  a: \"1\"\n  b: \"2\"\nkind: ConfigMap",
                "f:data:",
                "manager: kubectl-create",
            ],
        )?;
        own_kinds(kubectl).await?;
        what_is_not_there(kubectl).await
    })
    .await
}

async fn own_kinds(kubectl: &Kubectl) -> Result<()> {
    kubectl.apply_shop().await?;
    let narrow = kubectl.ok("get fdeploy").await?;
    let wide = kubectl.ok("get federateddeployments -o wide").await?;
    let heading = |table: &str| {
        table.lines().next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    ensure!(heading(&narrow) == "NAME DESIRED UPDATED READY AVAILABLE CLUSTERS PHASE AGE", "{narrow}");
    ensure!(
        heading(&wide) == "NAME DESIRED UPDATED READY AVAILABLE CLUSTERS PHASE WAITING-FOR AGE",
        "{wide}"
    );
    ensure!(rows(&kubectl.ok("get unit,cell,city,site").await?).len() > 20);
    let unit = kubectl.ok("get unit rz00").await?;
    ensure!(rows(&unit)[0][..3] == ["rz00", "RZone", "00-49"], "{unit}");
    contains(&kubectl.ok("get all -A").await?, &["default     shop "])?;
    contains(
        &kubectl.ok("get fed").await?,
        &["logicalunit.ldc.cafefed.dev/rz00 ", "city.ldc.cafefed.dev/hangzhou "],
    )?;
    let described = kubectl.ok("describe fdeploy shop").await?;
    contains(
        &described,
        &["Kind:         FederatedDeployment", "Units:\n      rz00\n      rz01\n      rz82"],
    )?;
    Ok(())
}

async fn what_is_not_there(kubectl: &Kubectl) -> Result<()> {
    let cases = [
        ("get cm none -n shop", "Error from server (NotFound): configmaps \"none\" not found"),
        ("get nosuch", "error: the server doesn't have a resource type \"nosuch\""),
        ("get --raw /nope", "Error from server (NotFound): the server could not find the requested resource"),
        (
            "get fdeploy none",
            "Error from server (NotFound): federateddeployments.federation.cafefed.dev \"none\" not found",
        ),
    ];
    for (line, complaint) in cases {
        kubectl.complains(line, complaint).await?;
    }
    kubectl.says("get cm none -n shop --ignore-not-found", "").await?;
    kubectl.says("get --raw /readyz", "ok").await
}

#[tokio::test]
async fn selectors_and_pages() -> Result<()> {
    each("selectors", async |kubectl| {
        for (name, tier) in [("one", "web"), ("two", "web"), ("three", "db")] {
            kubectl.ok(&format!("create configmap {name} -n shop")).await?;
            kubectl.ok(&format!("label configmap {name} -n shop tier={tier} test=yes")).await?;
        }
        let (one, two, three) = ("configmap/one\n", "configmap/two\n", "configmap/three\n");
        let cases = [
            ("-l tier=web", format!("{one}{two}")),
            ("-l tier!=web,test", three.to_owned()),
            ("-l tier=web,test=yes --field-selector metadata.name=two", two.to_owned()),
            ("-l test --field-selector metadata.name!=two", format!("{one}{three}")),
            ("-l test --chunk-size=1", format!("{one}{three}{two}")),
            ("-l test --sort-by=.metadata.labels.tier --chunk-size=2", format!("{three}{one}{two}")),
            ("-l test=no", String::new()),
        ];
        for (flags, expected) in cases {
            kubectl.says(&format!("get cm -n shop -o name {flags}"), &expected).await?;
        }
        // Sets have blanks in them.
        let sets = kubectl.command("get cm -n shop -o name").args(["-l", "tier in (db, cache)"]);
        ensure!(sets.run().await?.success()? == three);
        kubectl.says("get secret -A -o name --field-selector type=Opaque", "").await?;
        let unknown = "Error from server (BadRequest): Unable to find \"/v1, Resource=configmaps\" that match label selector \"\", field selector \"x=y\": \"x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
        kubectl.complains("get cm -n shop --field-selector x=y", unknown).await?;
        let pages = kubectl.ok("get --raw /api/v1/namespaces/shop/configmaps?limit=1").await?;
        let page: Value = serde_json::from_str(&pages)?;
        ensure!(page["items"].as_array().is_some_and(|items| items.len() == 1), "{page}");
        ensure!(page["metadata"]["remainingItemCount"] == 3 && page["metadata"]["continue"].is_string());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn changes_are_watched() -> Result<()> {
    each("watch", async |kubectl| {
        kubectl.ok("create configmap first -n shop").await?;
        let (launch, log) = kubectl.launch("watching", "get cm -n shop -w --output-watch-events");
        let mut watching = Program::start(launch).await?;
        let seen = async |event: &str, name: &str| {
            wait::until(&format!("{event} of {name}"), wait::LONG, async || {
                let text = read(&log);
                let found = text.lines().any(|line| {
                    let cells: Vec<&str> = line.split_ascii_whitespace().collect();
                    cells.starts_with(&[event, name])
                });
                ensure!(found, "{text}");
                Ok(())
            })
            .await
        };
        seen("ADDED", "first").await?;
        kubectl.ok("create configmap second -n shop").await?;
        seen("ADDED", "second").await?;
        kubectl.ok("label configmap second -n shop tier=web").await?;
        seen("MODIFIED", "second").await?;
        kubectl.ok("delete configmap first -n shop").await?;
        seen("DELETED", "first").await?;
        watching.kill9()
    })
    .await
}
