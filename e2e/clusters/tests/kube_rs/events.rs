//! kube's Recorder: events of `events.k8s.io` that repeat become a series, and old tools read them too.

use anyhow::{Context, Result, ensure};
use e2e_clusters::hub::Hub;
use k8s_openapi::api::core::v1::{ConfigMap, Event as OldEvent};
use k8s_openapi::api::events::v1::Event as NewEvent;
use kube::api::{ListParams, PostParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Api, Resource};
use serde_json::json;

#[tokio::test]
async fn events_repeat_as_a_series() -> Result<()> {
    let hub = Hub::start("recorder").await?;
    let client = hub.client().await?;
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let map: ConfigMap = serde_json::from_value(json!({"metadata": {"name": "app"}}))?;
    let map = maps.create(&PostParams::default(), &map).await?;
    let reporter = Reporter { controller: "tester.dev/tests".into(), instance: Some("one".into()) };
    let recorder = Recorder::new(client.clone(), reporter);
    let event = |reason: &str| Event {
        type_: EventType::Warning,
        reason: reason.to_owned(),
        note: Some("it broke".to_owned()),
        action: "Testing".to_owned(),
        secondary: None,
    };
    let reference = map.object_ref(&());
    for _ in 0..3 {
        recorder.publish(&event("Broken"), &reference).await?;
    }
    recorder.publish(&event("Other"), &reference).await?;

    let uid = reference.uid.clone().context("a uid")?;
    let new: Api<NewEvent> = Api::default_namespaced(client.clone());
    let found =
        new.list(&ListParams::default().fields(&format!("regarding.uid={uid},reason=Broken"))).await?;
    ensure!(found.items.len() == 1, "{:?}", found.items);
    let series = found.items[0].series.as_ref().context("a series")?;
    ensure!(series.count >= 2, "{series:?}");
    let old: Api<OldEvent> = Api::default_namespaced(client);
    let found =
        old.list(&ListParams::default().fields(&format!("involvedObject.uid={uid},type=Warning"))).await?;
    ensure!(found.items.len() == 2, "{:?}", found.items);
    ensure!(found.items.iter().all(|event| event.message.as_deref() == Some("it broke")));
    hub.finish();
    Ok(())
}
