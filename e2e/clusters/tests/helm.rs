//! Helm 4 against the hub: its releases are Secrets found by labels, its objects go through server-side apply.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use crds::federation::FederatedDeployment;
use e2e_clusters::hub::Hub;
use e2e_clusters::process::{Command, Finished};
use e2e_clusters::tools::Tool;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};

const TEMPLATE: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-settings"}
data: {image: "{{ .Values.image }}"}
---
apiVersion: federation.cafefed.dev/v1alpha1
kind: FederatedDeployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  placement: {units: ["{{ .Values.unit }}"]}
  template:
    spec:
      selector: {matchLabels: {app: shop}}
      template:
        metadata: {labels: {app: shop}}
        spec: {containers: [{name: shop, image: "{{ .Values.image }}"}]}
"#;

struct Helm {
    program: PathBuf,
    folder: PathBuf,
    kubeconfig: PathBuf,
}

impl Helm {
    fn of(hub: &Hub) -> Result<Self> {
        let folder = hub.workdir().to_owned();
        let chart = folder.join("shop");
        std::fs::create_dir_all(chart.join("templates")).context("make the folder of the chart")?;
        for (name, content) in [
            ("Chart.yaml", "{apiVersion: v2, name: shop, version: 0.1.0}"),
            ("values.yaml", "{image: 'registry.example/shop:v1', replicas: 5, unit: rz00}"),
            ("templates/all.yaml", TEMPLATE),
        ] {
            std::fs::write(chart.join(name), content).with_context(|| format!("write {name}"))?;
        }
        Ok(Self { program: Tool::Helm.find()?, folder, kubeconfig: hub.kubeconfig() })
    }

    /// Helm with `line` as its arguments, split at blanks, in namespace `web`.
    async fn run(&self, line: &str) -> Result<Finished> {
        Command::new(&self.program)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", &self.folder)
            .args(["--namespace", "web"])
            .args(line.split_ascii_whitespace())
            .run()
            .await
    }

    async fn ok(&self, line: &str) -> Result<String> {
        self.run(line).await?.success()
    }

    fn chart(&self) -> std::path::Display<'_> {
        // Helm resolves it against where it runs, so the whole path.
        Path::new(&self.folder).display()
    }
}

#[tokio::test]
async fn a_release_goes_through_its_life() -> Result<()> {
    let hub = Hub::start("helm").await?;
    let client = hub.client().await?;
    make_unit(&client).await?;
    let helm = Helm::of(&hub)?;
    let chart = format!("{}/shop", helm.chart());
    let applications: Api<FederatedDeployment> = Api::namespaced(client.clone(), "web");
    let replicas = async || anyhow::Ok(applications.get("one").await?.spec.replicas);

    helm.ok(&format!("install one {chart} --create-namespace")).await?;
    ensure!(replicas().await? == 5);
    helm.ok(&format!("upgrade one {chart} --set replicas=9 --dry-run=server")).await?;
    ensure!(replicas().await? == 5, "a dry run changes nothing");
    helm.ok(&format!("upgrade one {chart} --set replicas=7")).await?;
    ensure!(replicas().await? == 7);

    // What the hub refuses makes the release fail, and the application stays as it was.
    let refused = helm.run(&format!("upgrade one {chart} --set unit=rz77")).await?.failure()?;
    ensure!(refused.contains("spec.placement.units[0]: Not found: \"rz77\""), "{refused}");
    ensure!(replicas().await? == 7);

    helm.ok("rollback one 1").await?;
    ensure!(replicas().await? == 5);
    let history: Value = serde_json::from_str(&helm.ok("history one -o json").await?)?;
    let states: Vec<&str> =
        history.as_array().into_iter().flatten().filter_map(|entry| entry["status"].as_str()).collect();
    ensure!(states == ["superseded", "superseded", "failed", "deployed"], "{states:?}");
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "web");
    let releases = secrets.list(&ListParams::default().labels("owner=helm,name=one")).await?;
    ensure!(releases.items.len() == 4, "{} revisions are kept", releases.items.len());

    helm.ok("uninstall one").await?;
    ensure!(applications.get_opt("one").await?.is_none_or(|left| left.metadata.deletion_timestamp.is_some()));
    let maps: Api<ConfigMap> = Api::namespaced(client, "web");
    ensure!(maps.get_opt("one-settings").await?.is_none());
    ensure!(secrets.list(&ListParams::default().labels("owner=helm")).await?.items.is_empty());
    hub.finish();
    Ok(())
}

/// The unit that the chart places the application in.
async fn make_unit(client: &Client) -> Result<()> {
    let unit: crds::ldc::LogicalUnit = serde_json::from_value(json!({
        "apiVersion": "ldc.cafefed.dev/v1alpha1",
        "kind": "LogicalUnit",
        "metadata": {"name": "rz00"},
        "spec": {"type": "RZone", "baseUIDs": "00-99"},
    }))?;
    Api::all(client.clone()).create(&PostParams::default(), &unit).await?;
    Ok(())
}
