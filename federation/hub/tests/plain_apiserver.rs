//! The controllers against a plain kube-apiserver as the hub. Agents are played: they write the status of Works.

#![expect(clippy::print_stderr, reason = "figures are for whoever runs it by hand")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use crds::apps::CellStatus;
use crds::federation::{
    Confirmation, FederatedDeployment, FederatedResource, MemberCluster, Work, WorkStatus, WorkTemplate,
    WorkloadSummary,
};
use crds::ldc::{DeployUnit, LogicalUnit};
use crds::names;
use e2e_clusters::member::{Cluster, Options as ClusterOptions};
use e2e_clusters::wait;
use federation_hub_lib::templates::{Collector, Shelf};
use federation_hub_lib::{HubControllers, Options};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// What one application in one cluster may cost the store.
const PAIR_BYTES_MAX: usize = 2048;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applications_and_resources_on_a_plain_apiserver() -> Result<()> {
    let hub = Cluster::start(ClusterOptions::plain("hub")).await?;
    let client = hub.client();
    install(&client).await?;
    fleet(&client).await?;
    let stop = CancellationToken::new();
    let controllers = tokio::spawn(HubControllers::run(client.clone(), Options::default(), stop.clone()));

    what_must_go_along_is_waited_for_and_named(&client).await?;
    first_rollout_reaches_both_clusters(&client).await?;
    a_pair_costs_little(&client).await?;
    a_new_image_goes_in_groups_with_a_word_between(&client).await?;
    a_burst_is_written(&client).await?;
    only_what_nobody_refers_to_is_collected(&client).await?;
    a_resource_is_placed_renamed_and_removed(&client).await?;
    an_application_goes_when_its_agents_have_acted(&client).await?;

    stop.cancel();
    controllers.await.context("join the controllers")?.context("run the controllers")?;
    hub.finish();
    Ok(())
}

async fn install(client: &Client) -> Result<()> {
    let api = Api::<CustomResourceDefinition>::all(client.clone());
    for crd in crds::manifests::hub() {
        api.create(&PostParams::default(), &crd).await?;
    }
    wait::until("served kinds", wait::LONG, async || {
        for crd in api.list(&ListParams::default()).await? {
            let conditions = crd.status.and_then(|status| status.conditions).unwrap_or_default();
            ensure!(
                conditions.iter().any(|c| c.type_ == "Established" && c.status == "True"),
                "not established"
            );
        }
        Api::<Work>::all(client.clone()).list(&ListParams::default()).await?;
        Api::<FederatedDeployment>::all(client.clone()).list(&ListParams::default()).await?;
        Ok(())
    })
    .await
}

async fn create<K>(api: &Api<K>, object: Value) -> Result<K>
where
    K: Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    Ok(api.create(&PostParams::default(), &serde_json::from_value(object)?).await?)
}

fn now() -> String {
    Timestamp::now().to_string()
}

/// Unit rz00 with side A in hz-a and side B in hz-b; both clusters are ready.
async fn fleet(client: &Client) -> Result<()> {
    create(
        &Api::<LogicalUnit>::all(client.clone()),
        json!({"metadata": {"name": "rz00"}, "spec": {"type": "RZone", "baseUIDs": "00-99"}}),
    )
    .await?;
    for (cluster, cell, side) in [("hz-a", "rz00a", "A"), ("hz-b", "rz00b", "B")] {
        create(
            &Api::<Namespace>::all(client.clone()),
            json!({"metadata": {"name": names::cluster_namespace(cluster)}}),
        )
        .await?;
        let clusters = Api::<MemberCluster>::all(client.clone());
        create(&clusters, json!({"metadata": {"name": cluster}, "spec": {"site": cluster, "accept": true}}))
            .await?;
        let condition = |name| json!({"type": name, "status": "True", "reason": "Played", "message": "", "lastTransitionTime": now()});
        let status = json!({"status": {"conditions": [condition("Joined"), condition("Ready")]}});
        clusters.patch_status(cluster, &PatchParams::default(), &Patch::Merge(&status)).await?;
        let spec = json!({"unit": "rz00", "side": side, "cluster": cluster, "weight": 50});
        create(&Api::<DeployUnit>::all(client.clone()), json!({"metadata": {"name": cell}, "spec": spec}))
            .await?;
    }
    Ok(())
}

fn application(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": 10,
            "placement": {"units": ["rz00"]},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {
                "podSetType": "InPlaceSet",
                "selector": {"matchLabels": {"app": name}},
                "strategy": {"upgradeType": "Beta", "batchSize": 2, "needWaitingForConfirm": true},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": name, "image": "registry.example/shop:v1"}]}}
            }},
            "overrides": [
                {"clusters": ["hz-b"], "images": {"registry": "registry.b.example"}},
                {"clusters": ["nowhere"], "images": {"registry": "r.example"}}
            ]
        }
    })
}

fn applications(client: &Client) -> Api<FederatedDeployment> {
    Api::namespaced(client.clone(), "default")
}

fn works(client: &Client, cluster: &str) -> Api<Work> {
    Api::namespaced(client.clone(), &names::cluster_namespace(cluster))
}

async fn work(client: &Client, cluster: &str, name: &str) -> Result<Work> {
    let work = works(client, cluster).get_opt(&format!("default.federateddeployment.{name}")).await?;
    work.with_context(|| format!("no Work of {name} in {cluster}"))
}

/// The agent of a cluster: it has applied its Work and is in a group of the release.
async fn report(client: &Client, cluster: &str, group: i32, is_done: bool, updated: i32) -> Result<()> {
    let work = work(client, cluster, "shop").await?;
    let cells = work.spec.difference.cells.iter().map(|(cell, share)| CellStatus {
        name: cell.clone(),
        desired: *share,
        replicas: *share,
        updated: updated.min(*share),
        ready: *share,
        available: *share,
        reason: String::new(),
    });
    let workload = WorkloadSummary {
        current: true,
        release_seq: work.spec.release_seq,
        revision: "7f9c54d8b6".into(),
        phase: if is_done { "WaitingForConfirm" } else { "Releasing" }.into(),
        group,
        last_group: 2,
        group_done: is_done,
        cells: cells.collect(),
        ..WorkloadSummary::default()
    };
    agent_says(client, &work, "True", "Applied", Some(workload)).await
}

async fn agent_says(
    client: &Client,
    work: &Work,
    status: &str,
    reason: &str,
    workload: Option<WorkloadSummary>,
) -> Result<()> {
    let applied = Condition {
        type_: "Applied".into(),
        status: status.into(),
        reason: reason.into(),
        message: "1 objects applied".into(),
        last_transition_time: Time(Timestamp::now()),
        observed_generation: None,
    };
    let said = WorkStatus {
        observed_generation: work.metadata.generation.unwrap_or_default(),
        conditions: vec![applied],
        workload,
        feedback: None,
    };
    let params = PatchParams { field_manager: Some(names::AGENT_MANAGER.into()), ..PatchParams::default() };
    let api = Api::<Work>::namespaced(client.clone(), &work.namespace().unwrap_or_default());
    api.patch_status(&work.name_any(), &params, &Patch::Merge(json!({"status": said}))).await?;
    Ok(())
}

/// Waits until the release of `shop` is in a phase and at a group.
async fn reaches(client: &Client, phase: &str, group: i32) -> Result<FederatedDeployment> {
    wait::until(&format!("{phase} of group {group}"), wait::LONG, async || {
        let app = applications(client).get("shop").await?;
        let release = app.status.as_ref().and_then(|status| status.release.clone()).unwrap_or_default();
        ensure!((release.phase.as_str(), release.group) == (phase, group), "{release:?}");
        Ok(app)
    })
    .await
}

async fn what_must_go_along_is_waited_for_and_named(client: &Client) -> Result<()> {
    let mut shop = application("shop");
    shop["spec"]["dependencies"] = json!([{"kind": "ConfigMap", "name": "settings", "rollOnChange": true}, {"kind": "Secret", "name": "db"}]);
    create(
        &Api::<Secret>::namespaced(client.clone(), "default"),
        json!({"metadata": {"name": "db"}, "stringData": {"password": "p"}}),
    )
    .await?;
    create(&applications(client), shop).await?;
    wait::until("the condition that names settings", wait::LONG, async || {
        let app = applications(client).get("shop").await?;
        let conditions = app.status.map(|status| status.conditions).unwrap_or_default();
        let applied = conditions.iter().find(|c| c.type_ == "Applied").context("no condition")?;
        ensure!(
            applied.reason == "MissingDependency" && applied.message.contains("default/settings"),
            "{applied:?}"
        );
        Ok(())
    })
    .await?;
    ensure!(work(client, "hz-a", "shop").await.is_err(), "nothing is half sent");
    create(
        &Api::<ConfigMap>::namespaced(client.clone(), "default"),
        json!({"metadata": {"name": "settings"}, "data": {"a": "1"}}),
    )
    .await?;
    Ok(())
}

async fn first_rollout_reaches_both_clusters(client: &Client) -> Result<()> {
    for (cluster, label) in [("hz-a", "RZ00A"), ("hz-b", "RZ00B")] {
        let work = wait::until("a Work", wait::LONG, async || work(client, cluster, "shop").await).await?;
        ensure!(work.spec.difference.cells == [(label.to_owned(), 5)].into(), "{:?}", work.spec.difference);
        ensure!(work.spec.open_group == i32::MAX, "the first rollout holds no group back");
        ensure!(work.finalizers() == [names::AGENT_FINALIZER.to_owned()], "{:?}", work.finalizers());
        let templates = Api::<WorkTemplate>::namespaced(client.clone(), names::TEMPLATES_NAMESPACE);
        let template = templates.get(&work.spec.template_ref).await?;
        ensure!(template.spec.manifest.0["kind"] == "CafeDeployment");
        for carried in &work.spec.carried {
            if let Some(name) = &carried.template_ref {
                ensure!(templates.get(name).await?.spec.manifest.0["kind"] == "ConfigMap");
            }
        }
        let secrets = Api::<Secret>::namespaced(client.clone(), &names::cluster_namespace(cluster));
        let copy =
            work.spec.carried.iter().find_map(|c| c.secret_ref.clone()).context("a Secret goes along")?;
        let copy = secrets.get(&copy).await?;
        ensure!(copy.annotations()[names::SOURCE_NAME] == "db", "{:?}", copy.metadata);
        report(client, cluster, 2, true, 5).await?;
    }
    let hz_b = work(client, "hz-b", "shop").await?;
    ensure!(hz_b.spec.difference.patches[0].value == Some(json!("registry.b.example/shop:v1")));
    let app = reaches(client, "Succeeded", 2).await?;
    let status = app.status.clone().context("a status")?;
    ensure!(status.clusters_ready == "2/2" && status.available_replicas == 10, "{status:?}");
    ensure!(app.finalizers().contains(&names::HUB_FINALIZER.to_owned()));
    let events = Api::<k8s_openapi::api::events::v1::Event>::namespaced(client.clone(), "default");
    wait::until("the warning about an override", wait::LONG, async || {
        let events = events.list(&ListParams::default()).await?;
        let found = events.iter().find(|e| e.reason.as_deref() == Some("OverrideMatchesNothing"));
        let found = found.and_then(|event| event.note.clone()).context("no such event")?;
        ensure!(found.contains("nowhere"), "{found}");
        Ok(())
    })
    .await
}

/// A Work as the store has it: managedFields and status included.
async fn a_pair_costs_little(client: &Client) -> Result<()> {
    let mut bytes = Vec::new();
    for cluster in ["hz-a", "hz-b"] {
        let path = "/apis/federation.cafefed.dev/v1alpha1/namespaces";
        let path = format!("{path}/cluster-{cluster}/works/default.federateddeployment.shop");
        bytes.push(client.request_text(http_get(&path)?).await?.len());
    }
    eprintln!("one application in one cluster: {} bytes, with an override {}", bytes[0], bytes[1]);
    ensure!(bytes[0] <= PAIR_BYTES_MAX, "{bytes:?}");
    Ok(())
}

fn http_get(path: &str) -> Result<http::Request<Vec<u8>>> {
    Ok(http::Request::get(path).body(Vec::new())?)
}

async fn a_new_image_goes_in_groups_with_a_word_between(client: &Client) -> Result<()> {
    let image = json!({"spec": {"template": {"spec": {"template": {"spec": {
        "containers": [{"name": "shop", "image": "registry.example/shop:v2"}]}}}}}});
    applications(client).patch("shop", &PatchParams::default(), &Patch::Merge(&image)).await?;
    let words = Api::<Confirmation>::namespaced(client.clone(), "default");
    for (group, moved) in [(0, 1), (1, 3)] {
        in_group(client, group, moved).await?;
        let app = reaches(client, "WaitingForConfirm", group).await?;
        let waiting = app.status.and_then(|status| status.release).context("a release")?.waiting_for;
        let said = if group == 0 { "group 1 of 3 of revision" } else { "group 2 of 3 of revision" };
        let pods = if group == 0 { "2 of 2 pods ready" } else { "4 of 4 pods ready" };
        ensure!(waiting.contains(said) && waiting.contains(pods), "{waiting}");
        let spec = json!({"target": {"kind": "FederatedDeployment", "name": "shop"}, "releaseSeq": 2, "group": group});
        let word = format!("ok-{group}");
        create(&words, json!({"metadata": {"name": word}, "spec": spec})).await?;
        wait::until("the consumed word", wait::LONG, async || {
            let status = words.get(&word).await?.status.unwrap_or_default();
            let by = format!("release 2: group {} opened", group + 1);
            ensure!(status.by == by && !status.consumed_at.is_empty(), "{status:?}");
            Ok(())
        })
        .await?;
    }
    in_group(client, 2, 5).await?;
    let app = reaches(client, "Succeeded", 2).await?;
    ensure!(app.status.context("a status")?.revisions.len() == 2);
    Ok(())
}

/// Both agents have finished a group of release 2, once it is open for them.
async fn in_group(client: &Client, group: i32, moved: i32) -> Result<()> {
    for cluster in ["hz-a", "hz-b"] {
        wait::until("the open group", wait::LONG, async || {
            let work = work(client, cluster, "shop").await?;
            ensure!((work.spec.release_seq, work.spec.open_group) == (2, group), "{:?}", work.spec);
            Ok(())
        })
        .await?;
        report(client, cluster, group, true, moved).await?;
    }
    Ok(())
}

/// How soon after its creation an application has its Work, one at a time: printed, not judged.
async fn a_burst_is_written(client: &Client) -> Result<()> {
    let mut took = Vec::new();
    for number in 0..20 {
        let name = format!("app-{number}");
        let begun = Instant::now();
        create(&applications(client), application(&name)).await?;
        while work(client, "hz-b", &name).await.is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(60), "no Work of {name}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        took.push(begun.elapsed());
    }
    took.sort();
    eprintln!("create to Work seen: p50 {:?}, max {:?}", took[took.len() / 2], took[took.len() - 1]);
    Ok(())
}

async fn only_what_nobody_refers_to_is_collected(client: &Client) -> Result<()> {
    let templates = Api::<WorkTemplate>::namespaced(client.clone(), names::TEMPLATES_NAMESPACE);
    let secrets = Api::<Secret>::namespaced(client.clone(), "cluster-hz-a");
    let before = templates.list(&ListParams::default()).await?.items.len();
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "left-over"}});
    create(&templates, json!({"metadata": {"name": "left-over"}, "spec": {"manifest": manifest}})).await?;
    let annotations = json!({names::SOURCE_NAME: "left-over", names::SOURCE_NAMESPACE: "default"});
    let labels = json!({names::MANAGED_BY: names::CAFE_FEDERATION});
    let metadata = json!({"name": "default.left-over", "annotations": annotations, "labels": labels});
    create(&secrets, json!({"metadata": metadata})).await?;
    let shelf = Arc::new(Shelf::new(client.clone()));
    let spared = Collector::new(client.clone(), shelf.clone(), Duration::from_secs(3600));
    ensure!(spared.collect(Timestamp::now()).await? == 0, "what is young is spared");
    let removed = Collector::new(client.clone(), shelf, Duration::ZERO).collect(Timestamp::now()).await?;
    ensure!(removed == 2, "{removed} objects were removed");
    ensure!(
        templates.list(&ListParams::default()).await?.items.len() == before,
        "history and Works keep theirs"
    );
    secrets.get("default.db").await?;
    Ok(())
}

async fn a_resource_is_placed_renamed_and_removed(client: &Client) -> Result<()> {
    let resources = Api::<FederatedResource>::namespaced(client.clone(), "default");
    let spec = json!({"placement": {"units": ["rz00"]}, "template": {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "1"}}});
    create(&resources, json!({"metadata": {"name": "notes"}, "spec": spec})).await?;
    let name = "default.federatedresource.notes";
    for cluster in ["hz-a", "hz-b"] {
        let found =
            wait::until("a Work", wait::LONG, async || Ok(works(client, cluster).get(name).await?)).await?;
        agent_says(client, &found, "True", "Applied", None).await?;
    }
    wait::until("both clusters", wait::LONG, async || {
        let status = resources.get("notes").await?.status.unwrap_or_default();
        ensure!(status.clusters_ready == "2/2", "{status:?}");
        Ok(())
    })
    .await?;
    let renamed = json!({"spec": {"template": {"metadata": {"name": "two"}}}});
    resources.patch("notes", &PatchParams::default(), &Patch::Merge(&renamed)).await?;
    for cluster in ["hz-a", "hz-b"] {
        wait::until("the old name in prune", wait::LONG, async || {
            let work = works(client, cluster).get(name).await?;
            ensure!(work.spec.prune.iter().any(|object| object.name == "one"), "{:?}", work.spec.prune);
            Ok(())
        })
        .await?;
    }
    resources.delete("notes", &DeleteParams::default()).await?;
    for cluster in ["hz-a", "hz-b"] {
        removed(client, cluster, name).await?;
    }
    gone(&resources, "notes").await
}

async fn an_application_goes_when_its_agents_have_acted(client: &Client) -> Result<()> {
    let name = "default.federateddeployment.shop";
    applications(client).delete("shop", &DeleteParams::default()).await?;
    removed(client, "hz-a", name).await?;
    wait::stays("the application", Duration::from_secs(1), async || {
        applications(client).get("shop").await?;
        Ok(())
    })
    .await?;
    // The other cluster is gone for good: nobody will ever report.
    Api::<MemberCluster>::all(client.clone()).delete("hz-b", &DeleteParams::default()).await?;
    gone(&works(client, "hz-b"), name).await?;
    gone(&applications(client), "shop").await
}

/// The agent sees the deletion, acts, and says so; then the hub lets the Work go.
async fn removed(client: &Client, cluster: &str, name: &str) -> Result<()> {
    let api = works(client, cluster);
    let going = wait::until("a Work on its way out", wait::LONG, async || {
        let work = api.get(name).await?;
        ensure!(work.meta().deletion_timestamp.is_some(), "{:?}", work.metadata);
        Ok(work)
    })
    .await?;
    agent_says(client, &going, "False", "Removed", None).await?;
    gone(&api, name).await
}

async fn gone<K>(api: &Api<K>, name: &str) -> Result<()>
where
    K: Clone + DeserializeOwned + std::fmt::Debug + Resource,
{
    wait::until(&format!("the end of {name}"), wait::LONG, async || {
        let found = api.get_opt(name).await?;
        ensure!(found.is_none(), "{:?}", found.map(|object| object.meta().clone()));
        Ok(())
    })
    .await
}
