//! The program as people run it, against a real kube-apiserver with our kinds: the worlds of units, members,
//! tokens, applications, and what is refused.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use e2e_clusters::member::{Cluster, Options};
use e2e_clusters::process::{Command, Finished};
use e2e_clusters::wait;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

const WORLD: &str = include_str!("world.yaml");

struct Hub {
    cluster: Cluster,
}

impl Hub {
    async fn start() -> Result<Self> {
        let cluster = Cluster::start(Options::plain("hub")).await?;
        let api: Api<CustomResourceDefinition> = Api::all(cluster.client());
        for kind in crds::manifests::hub() {
            api.create(&PostParams::default(), &kind).await?;
        }
        wait::until("the kinds are established", wait::LONG, async || {
            for kind in api.list(&Default::default()).await?.items {
                let conditions = kind.status.and_then(|status| status.conditions).unwrap_or_default();
                let established = conditions.iter().any(|c| c.type_ == "Established" && c.status == "True");
                ensure!(established, "{:?} is not", kind.metadata.name);
            }
            Ok(())
        })
        .await?;
        let hub = Self { cluster };
        wait::until("the kinds are found", wait::LONG, async || {
            hub.fedctl(&["get", "confirmations"]).await?.success().map(|_| ())
        })
        .await?;
        Ok(hub)
    }

    fn command(&self, kubeconfig: &Path, args: &[&str]) -> Command {
        Command::new(env!("CARGO_BIN_EXE_fedctl")).arg("--kubeconfig").arg(kubeconfig).args(args.to_vec())
    }

    async fn fedctl(&self, args: &[&str]) -> Result<Finished> {
        self.command(self.cluster.kubeconfig_path(), args).run().await
    }

    async fn ok(&self, args: &[&str]) -> Result<String> {
        self.fedctl(args).await?.success()
    }

    /// The one line of a refusal, and its exit code.
    async fn refused(&self, args: &[&str]) -> Result<(String, i32)> {
        let finished = self.fedctl(args).await?;
        let code = finished.status.code().context("an exit code")?;
        let last = finished.stderr.lines().last().unwrap_or_default().to_owned();
        ensure!(code != 0, "{args:?} went well: {}", finished.stdout);
        Ok((last, code))
    }

    async fn apply(&self, manifest: &str) -> Result<Finished> {
        let command = self.command(self.cluster.kubeconfig_path(), &["apply", "-f", "-"]);
        command.input(manifest.as_bytes().to_vec()).run().await
    }

    async fn status(&self, path: &str, status: Value) -> Result<()> {
        let request = http::Request::patch(format!("{path}/status"))
            .header("content-type", "application/merge-patch+json")
            .body(serde_json::to_vec(&json!({"status": status}))?)?;
        self.cluster.client().request::<Value>(request).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_runs_a_hub() -> Result<()> {
    let hub = Hub::start().await?;
    applying_and_getting(&hub).await?;
    units(&hub).await?;
    tokens(&hub).await?;
    members(&hub).await?;
    applications(&hub).await?;
    doctor(&hub).await?;
    pipes_and_strangers(&hub).await?;
    hub.cluster.finish();
    Ok(())
}

async fn applying_and_getting(hub: &Hub) -> Result<()> {
    let said = hub.apply(WORLD).await?.success()?;
    ensure!(said.lines().all(|line| line.ends_with(" created")), "{said}");
    let again = hub.apply(WORLD).await?.success()?;
    ensure!(again.lines().all(|line| line.ends_with(" unchanged")), "{again}");

    let table = hub.ok(&["get", "cell"]).await?;
    ensure!(table.starts_with("NAME    UNIT   SIDE   CLUSTER   WEIGHT"), "{table}");
    let names = hub.ok(&["get", "unit,cell", "-o", "name"]).await?;
    ensure!(names.contains("deployunit.ldc.cafefed.dev/rz00a\n"), "{names}");
    let one: Value = serde_json::from_str(&hub.ok(&["get", "cell", "RZ00A", "-o", "json"]).await?)?;
    ensure!(one["kind"] == "DeployUnit" && one["metadata"]["name"] == "rz00a", "{one}");
    let all = hub.ok(&["get", "fed", "-A"]).await?;
    ensure!(all.contains("city.ldc.cafefed.dev/hangzhou"), "{all}");
    let tree = hub.ok(&["describe", "cell/rz00a"]).await?;
    ensure!(tree.contains("Node Label Value") || tree.contains("Unit: rz00"), "{tree}");

    let unknown = hub.apply(
        "apiVersion: ldc.cafefed.dev/v1alpha1\nkind: City\nmetadata: {name: x}\nspec: {colour: red}\n",
    );
    let unknown = unknown.await?;
    ensure!(unknown.status.code() == Some(1) && unknown.stderr.contains("colour"), "{}", unknown.stderr);
    let twice =
        hub.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b, a: c}\n").await?;
    ensure!(twice.stderr.contains("duplicate") && twice.stderr.lines().count() == 1, "{}", twice.stderr);
    let (said, code) = hub.refused(&["get", "nonsense"]).await?;
    ensure!(code == 2 && said.contains("no kind \"nonsense\""), "{said}");
    let (said, code) = hub.refused(&["get", "cell", "zz"]).await?;
    ensure!(code == 1 && said.contains("not found"), "{said}");

    hub.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone}\ndata: {a: b}\n").await?.success()?;
    let said = hub.ok(&["delete", "cm", "gone"]).await?;
    ensure!(said == "configmap/gone deleted\n", "{said}");
    let dry = hub.ok(&["delete", "cell/rz00a", "--dry-run"]).await?;
    ensure!(dry.contains("nothing was changed"), "{dry}");
    hub.ok(&["get", "cell", "rz00a"]).await.map(|_| ())
}

async fn units(hub: &Hub) -> Result<()> {
    let (said, _) = hub.refused(&["unit", "route", "--uid", "16"]).await?;
    ensure!(said.contains("fedctl unit commit"), "{said}");
    hub.ok(&["unit", "validate"]).await?;

    let overlap = "apiVersion: ldc.cafefed.dev/v1alpha1\nkind: LogicalUnit\nmetadata: {name: rz01}\nspec: {type: RZone, baseUIDs: \"40-89\"}\n";
    hub.apply(overlap).await?.success()?;
    let refused = hub.fedctl(&["unit", "commit"]).await?;
    ensure!(refused.status.code() == Some(1), "{}", refused.stdout);
    ensure!(refused.stderr.contains("40-49") && refused.stderr.contains("90-99"), "{}", refused.stderr);
    ensure!(hub.ok(&["get", "rules", "-o", "name"]).await?.is_empty(), "a refused commit changed something");

    hub.apply(WORLD).await?.success()?;
    let dry = hub.ok(&["unit", "commit", "--dry-run"]).await?;
    let digest = dry
        .lines()
        .last()
        .and_then(|line| line.strip_prefix("plan "))
        .and_then(|line| line.split(':').next());
    let digest = digest.context("a digest of the plan")?.to_owned();
    let (said, _) = hub.refused(&["unit", "commit", "--confirm", "000000000000"]).await?;
    ensure!(said.contains("another one now"), "{said}");
    let said = hub.ok(&["unit", "commit", "--confirm", &digest]).await?;
    ensure!(said.starts_with("epoch 1.1 is in force"), "{said}");
    let names = hub.ok(&["get", "rules", "-o", "name"]).await?;
    ensure!(names.contains("/1-1\n") && names.contains("/current\n"), "{names}");
    let again = hub.ok(&["unit", "commit"]).await?;
    ensure!(again.contains("in force already"), "{again}");

    let route = hub.ok(&["unit", "route", "--uid", "68"]).await?;
    ensure!(route.starts_with("68 -> RZ01 (base owner), RZ01A 100%"), "{route}");
    let (_, code) = hub.refused(&["unit", "route", "--uid", "100"]).await?;
    ensure!(code == 2);
    let map = hub.ok(&["unit", "map"]).await?;
    ensure!(map.contains("epoch 1.1") && map.contains("RZ00A") && map.contains("writer"), "{map}");

    let moved = WORLD.replace("weight: 30", "weight: 40").replace("weight: 70", "weight: 60");
    hub.apply(&moved).await?.success()?;
    let (said, _) = hub.refused(&["unit", "commit"]).await?;
    ensure!(said.contains("Rebase"), "{said}");
    hub.apply(WORLD).await?.success().map(|_| ())
}

async fn tokens(hub: &Hub) -> Result<()> {
    let token =
        hub.ok(&["token", "create", "--cluster", "hz-c", "--site", "hz-a", "--accept", "-o", "name"]).await?;
    let token = token.trim();
    let (id, secret) = token.split_once('.').context("id.secret")?;
    ensure!((id.len(), secret.len()) == (6, 16), "{token}");
    let stored: Value = serde_json::from_str(
        &hub.ok(&["get", "secret", &format!("bootstrap-token-{id}"), "-n", "kube-system", "-o", "json"])
            .await?,
    )?;
    ensure!(stored["type"] == "bootstrap.kubernetes.io/token", "{stored}");
    let listed = hub.ok(&["token", "list"]).await?;
    ensure!(listed.contains(id) && listed.contains("at once") && !listed.contains(secret), "{listed}");
    let said = hub.ok(&["token", "revoke", token]).await?;
    ensure!(said.contains("revoked"), "{said}");
    let (said, _) = hub.refused(&["token", "revoke", id]).await?;
    ensure!(said.contains("token list"), "{said}");
    for bad in [["Bad_Name", "1h"], ["hz-c", "5s"], ["hz-c", "30d"], ["hz-c", "soon"]] {
        let (_, code) =
            hub.refused(&["token", "create", "--cluster", bad[0], "--site", "s", "--ttl", bad[1]]).await?;
        ensure!(code == 2, "{bad:?}");
    }
    let command = hub.ok(&["cluster", "join", "hz-c", "--site", "hz-a"]).await?;
    ensure!(command.contains("member-agent --hub https://127.0.0.1:"), "{command}");
    ensure!(command.contains("BEGIN CERTIFICATE") && command.contains("cluster accept hz-c"), "{command}");
    Ok(())
}

async fn members(hub: &Hub) -> Result<()> {
    let path = "/apis/federation.cafefed.dev/v1alpha1/memberclusters/hz-a";
    let conditions = json!([
        {"type": "Joined", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
        {"type": "Ready", "status": "True", "reason": "Heartbeat", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
    ]);
    hub.status(path, json!({"conditions": conditions, "nodes": 4, "cellNames": "RZ00A"})).await?;
    let (said, _) = hub.refused(&["token", "create", "--cluster", "hz-a", "--site", "hz-a"]).await?;
    ensure!(said.contains("has joined already") && said.contains("cluster remove hz-a"), "{said}");
    ensure!(hub.ok(&["cluster", "accept", "sh-a"]).await?.contains("accepted"));
    ensure!(hub.ok(&["cluster", "cordon", "HZ-A"]).await?.contains("cordoned"));
    ensure!(hub.ok(&["cluster", "suspend", "hz-a", "-y"]).await?.contains("suspended"));
    let list = hub.ok(&["cluster", "list"]).await?;
    ensure!(list.contains("Ready,Cordoned,Suspended"), "{list}");
    hub.ok(&["cluster", "uncordon", "hz-a"]).await?;
    hub.ok(&["cluster", "resume", "hz-a"]).await?;
    let shown = hub.ok(&["cluster", "describe", "hz-a"]).await?;
    ensure!(shown.contains("State        Ready"), "{shown}");

    let (_, code) = hub.refused(&["cluster", "remove", "hz-b"]).await?;
    ensure!(code == 2, "what cannot be taken back wants a yes");
    let (_, code) = hub.refused(&["cluster", "remove", "hz-b", "--force", "--yes"]).await?;
    ensure!(code == 2, "force wants a reason");
    hub.ok(&["cluster", "remove", "hz-b", "--force", "--reason", "flooded", "--yes"]).await?;
    let (said, _) = hub.refused(&["cluster", "describe", "hz-b"]).await?;
    ensure!(said.contains("no member cluster hz-b"), "{said}");
    hub.apply(WORLD).await?.success().map(|_| ())
}

async fn applications(hub: &Hub) -> Result<()> {
    let path = "/apis/federation.cafefed.dev/v1alpha1/namespaces/default/federateddeployments/shop";
    let revision = |seq: i64, name: &str| json!({"template": format!("{name}-template"), "revision": name, "releaseSeq": seq, "at": "2026-01-01T00:00:00Z"});
    template(hub, "v1-template", "shop:v1").await?;
    let generation = |object: &str| -> Result<i64> {
        serde_json::from_str::<Value>(object)?["metadata"]["generation"].as_i64().context("a generation")
    };
    let now = generation(&hub.ok(&["get", "fdeploy", "shop", "-o", "json"]).await?)?;
    let waits = json!({
        "observedGeneration": now, "releaseSeq": 2, "currentRevision": "v1", "updatedRevision": "v2",
        "revisions": [revision(1, "v1"), revision(2, "v2")], "desiredReplicas": 4, "updatedReplicas": 2,
        "readyReplicas": 4, "availableReplicas": 4,
        "cells": [{"name": "rz00a", "cluster": "hz-a", "desired": 4, "updated": 2, "ready": 4, "available": 4}],
        "release": {"phase": "WaitingForConfirm", "group": 0, "lastGroup": 2, "waitingFor": "a person"},
    });
    hub.status(path, waits.clone()).await?;
    let status = hub.ok(&["deploy", "status", "SHOP"]).await?;
    ensure!(status.contains("RZ00A") && status.contains("fedctl deploy confirm shop"), "{status}");
    ensure!(hub.ok(&["deploy", "list"]).await?.contains("WaitingForConfirm"));
    ensure!(hub.ok(&["deploy", "history", "shop"]).await?.contains("being released"));
    let diff = hub.ok(&["deploy", "diff", "shop"]).await?;
    ensure!(diff.contains("-      - image: shop:v1") && diff.contains("+      - image: shop:v2"), "{diff}");

    let (said, _) = hub.refused(&["deploy", "confirm", "shop", "--group", "1"]).await?;
    ensure!(said.contains("the group with number 0 waits, not 1"), "{said}");
    let name = hub.ok(&["deploy", "confirm", "shop", "--group", "0", "--release", "2", "-o", "name"]).await?;
    let made: Value = serde_json::from_str(&hub.ok(&["get", name.trim(), "-o", "json"]).await?)?;
    ensure!(made["spec"]["releaseSeq"] == 2 && made["spec"]["group"] == 0, "{made}");

    hub.ok(&["deploy", "pause", "shop"]).await?;
    let (said, _) = hub.refused(&["deploy", "confirm", "shop"]).await?;
    ensure!(said.contains("not seen by the hub yet"), "a status that is behind is not believed: {said}");
    hub.ok(&["deploy", "resume", "shop"]).await?;
    ensure!(hub.ok(&["deploy", "scale", "shop", "--replicas", "6"]).await?.contains("scaled to 6"));
    hub.ok(&["deploy", "restart", "shop"]).await?;
    let restarted = hub.ok(&["get", "fdeploy", "shop", "-o", "yaml"]).await?;
    ensure!(restarted.contains("kubectl.kubernetes.io/restartedAt"), "{restarted}");

    let mut seen = waits;
    seen["observedGeneration"] =
        json!(generation(&hub.ok(&["get", "fdeploy", "shop", "-o", "json"]).await?)?);
    hub.status(path, seen.clone()).await?;
    let plan = hub.ok(&["deploy", "rollback", "shop", "--dry-run"]).await?;
    ensure!(plan.contains("+") && plan.contains("shop:v1") && plan.contains("nothing was changed"), "{plan}");
    let digest =
        |plan: &str| plan.lines().last()?.strip_prefix("plan ")?.split(':').next().map(str::to_owned);
    let plan = hub.ok(&["deploy", "cancel", "shop", "--dry-run"]).await?;
    seen["readyReplicas"] = json!(3);
    hub.status(path, seen.clone()).await?;
    let digest = digest(&plan).context("a digest")?;
    hub.ok(&["deploy", "cancel", "shop", "--confirm", &digest])
        .await
        .context("numbers that move are no other plan")?;
    let back: Value = serde_json::from_str(&hub.ok(&["get", "fdeploy", "shop", "-o", "json"]).await?)?;
    let pods = &back["spec"]["template"]["spec"]["template"]["spec"];
    ensure!(pods["containers"][0]["image"] == "shop:v1", "{back}");
    ensure!(back["spec"]["template"]["spec"]["strategy"]["batchSize"] == 4, "the strategy stays: {back}");
    ensure!(back["spec"]["replicas"] == 6, "{back}");
    let annotations = &back["spec"]["template"]["spec"]["template"]["metadata"]["annotations"];
    ensure!(annotations.is_null(), "the restart goes back too: {back}");
    let newer = hub.apply(WORLD).await?.success()?;
    ensure!(newer.contains("took back fields"), "a newer manifest wins over our own verbs: {newer}");
    watching(hub, path, seen).await
}

/// A watch in a pipe ends with the release: well or not.
async fn watching(hub: &Hub, path: &str, mut status: Value) -> Result<()> {
    let object: Value = serde_json::from_str(&hub.ok(&["get", "fdeploy", "shop", "-o", "json"]).await?)?;
    status["observedGeneration"] = object["metadata"]["generation"].clone();
    hub.status(path, status.clone()).await?;
    let (said, _) = hub.refused(&["deploy", "status", "shop", "--watch", "--timeout", "1s"]).await?;
    ensure!(said.contains("has not ended within 1 s"), "{said}");
    let kubeconfig = hub.cluster.kubeconfig_path().to_owned();
    let watch = hub.command(&kubeconfig, &["deploy", "status", "shop", "-w"]).limit(wait::LONG);
    let watching = tokio::spawn(watch.run());
    status["updatedReplicas"] = json!(4);
    status["release"] = json!({"phase": "Succeeded", "group": 2, "lastGroup": 2, "waitingFor": null});
    hub.status(path, status.clone()).await?;
    let lines = watching.await??.success()?;
    ensure!(
        lines.lines().last().is_some_and(|line| line.contains("Succeeded group 3 of 3: 4/4 updated")),
        "{lines}"
    );
    status["release"]["phase"] = json!("Failed");
    status["conditions"] = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
        "message": "600 s", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    hub.status(path, status).await?;
    let (said, code) = hub.refused(&["deploy", "status", "shop", "--watch"]).await?;
    ensure!(
        code == 1 && said.contains("ProgressDeadlineExceeded") && said.contains("rollback shop"),
        "{said}"
    );
    Ok(())
}

/// A revision as the hub keeps it.
async fn template(hub: &Hub, name: &str, image: &str) -> Result<()> {
    let client = hub.cluster.client();
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cafefed-templates"}});
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(client.clone());
    namespaces.patch("cafefed-templates", &PatchParams::apply("test"), &Patch::Apply(&namespace)).await?;
    let template = json!({
        "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "WorkTemplate", "metadata": {"name": name},
        "spec": {"manifest": {
            "apiVersion": "apps.cafefed.dev/v1alpha1", "kind": "CafeDeployment",
            "metadata": {"name": "shop", "namespace": "default", "labels": {"app": "shop"}},
            "spec": {
                "selector": {"matchLabels": {"app": "shop"}}, "podSetType": "InPlaceSet",
                "strategy": {"upgradeType": "Beta", "batchSize": 1}, "topology": {}, "historyLimit": 20,
                "progressDeadlineSeconds": 600,
                "template": {"metadata": {"labels": {"app": "shop"}},
                    "spec": {"containers": [{"name": "shop", "image": image}]}},
            },
        }},
    });
    let templates: Api<crds::federation::WorkTemplate> = Api::namespaced(client, "cafefed-templates");
    templates.create(&PostParams::default(), &serde_json::from_value(template)?).await?;
    Ok(())
}

async fn doctor(hub: &Hub) -> Result<()> {
    let warned = hub.ok(&["doctor"]).await?;
    ensure!(warned.contains("warn") && warned.contains("1 of 3 are ready"), "{warned}");
    let conditions = ["Joined", "Ready"].map(|type_| {
        let status = if type_ == "Ready" { "Unknown" } else { "True" };
        json!({"type": type_, "status": status, "reason": "R", "message": "silent", "lastTransitionTime": "2026-01-01T00:00:00Z"})
    });
    let path = "/apis/federation.cafefed.dev/v1alpha1/memberclusters/hz-a";
    hub.status(path, json!({"conditions": conditions})).await?;
    let finished = hub.fedctl(&["doctor"]).await?;
    ensure!(finished.status.code() == Some(1), "a silent member is a failure: {}", finished.stdout);
    for part in ["ok     kubeconfig", "ok     kinds", "epoch 1.1 is in force", "FAIL", "does its agent run"] {
        ensure!(finished.stdout.contains(part), "{part} in {}", finished.stdout);
    }
    let unreachable =
        Command::new(env!("CARGO_BIN_EXE_fedctl")).args(["doctor", "--kubeconfig", "/does/not/exist"]);
    let finished = unreachable.run().await?;
    ensure!(
        finished.status.code() == Some(1) && finished.stdout.contains("FAIL   kubeconfig"),
        "{}",
        finished.stdout
    );
    let version = hub.ok(&["version", "-o", "json"]).await?;
    ensure!(serde_json::from_str::<Value>(&version)?["hub"]["gitVersion"].is_string(), "{version}");
    Ok(())
}

async fn pipes_and_strangers(hub: &Hub) -> Result<()> {
    let shell = format!(
        "{} --kubeconfig {} get cell -o yaml | head -1; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_fedctl"),
        hub.cluster.kubeconfig_path().display()
    );
    let finished = Command::new("/bin/bash").args(["-c", &shell]).run().await?;
    ensure!(
        finished.stdout.ends_with("\n0\n") && finished.stderr.is_empty(),
        "{}{}",
        finished.stdout,
        finished.stderr
    );
    let both = format!(
        "{} --kubeconfig {} get cell zz -v 2>&1 | true",
        env!("CARGO_BIN_EXE_fedctl"),
        hub.cluster.kubeconfig_path().display()
    );
    let both = format!("{both}; echo ${{PIPESTATUS[0]}}");
    let finished = Command::new("/bin/bash").args(["-c", &both]).run().await?;
    ensure!(finished.stdout == "1\n", "a note that nobody reads is no panic: {}", finished.stdout);
    let stranger = hub.cluster.kubeconfig_for("stranger", "strangers")?;
    let finished = hub.command(&stranger, &["cluster", "list"]).run().await?;
    ensure!(finished.status.code() == Some(1) && finished.stderr.lines().count() == 1, "{}", finished.stderr);
    ensure!(
        finished.stderr.contains("forbidden") && finished.stderr.contains("ask an administrator"),
        "{}",
        finished.stderr
    );
    Ok(())
}
