//! The ReplicaSet controller of a simulated cluster: as many pods as asked for, oldest kept.

use std::collections::BTreeMap;

use futures::StreamExt;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::{Value, json};
use tracing::debug;

/// Runs for ever.
pub(super) async fn run(client: kube::Client) {
    let sets: Api<ReplicaSet> = Api::all(client.clone());
    let mut sets = watcher(sets, watcher::Config::default()).default_backoff().boxed();
    let mut pods =
        watcher(Api::<Pod>::all(client.clone()), watcher::Config::default()).default_backoff().boxed();
    let mut known: BTreeMap<(String, String), ReplicaSet> = BTreeMap::new();
    loop {
        let touched = tokio::select! {
            Some(event) = sets.next() => note_set(&mut known, event),
            Some(event) = pods.next() => owner(event),
        };
        let Some(set) = touched.and_then(|key| known.get(&key)) else { continue };
        if let Err(error) = reconcile(&client, set).await {
            debug!(set = set.name_any(), %error, "a ReplicaSet could not be brought on");
        }
    }
}

type Key = (String, String);

fn note_set(
    known: &mut BTreeMap<Key, ReplicaSet>,
    event: Result<Event<ReplicaSet>, watcher::Error>,
) -> Option<Key> {
    match event.ok()? {
        Event::InitApply(set) | Event::Apply(set) => {
            let key = (set.namespace().unwrap_or_default(), set.name_any());
            known.insert(key.clone(), set);
            Some(key)
        }
        Event::Delete(set) => {
            known.remove(&(set.namespace().unwrap_or_default(), set.name_any()));
            None
        }
        Event::Init | Event::InitDone => None,
    }
}

fn owner(event: Result<Event<Pod>, watcher::Error>) -> Option<Key> {
    let (Event::InitApply(pod) | Event::Apply(pod) | Event::Delete(pod)) = event.ok()? else { return None };
    let set = pod.owner_references().iter().find(|o| o.kind == "ReplicaSet" && o.controller == Some(true))?;
    Some((pod.namespace().unwrap_or_default(), set.name.clone()))
}

async fn reconcile(client: &kube::Client, set: &ReplicaSet) -> Result<(), kube::Error> {
    if set.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    let namespace = set.namespace().unwrap_or_default();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let mut own: Vec<Pod> = pods
        .list(&ListParams::default())
        .await?
        .items
        .into_iter()
        .filter(|p| p.metadata.deletion_timestamp.is_none())
        .filter(|p| p.owner_references().iter().any(|o| Some(&o.uid) == set.metadata.uid.as_ref()))
        .collect();
    own.sort_by_key(|p| (!is_ready(p), p.creation_timestamp().map(|t| t.0), p.name_any()));
    let wanted = usize::try_from(set.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1)).unwrap_or_default();
    for _ in own.len()..wanted {
        pods.create(&PostParams::default(), &new_pod(set)?).await?;
    }
    for pod in own.iter().skip(wanted) {
        pods.delete(&pod.name_any(), &DeleteParams::default()).await?;
    }
    write_status(client, set, &own).await
}

async fn write_status(client: &kube::Client, set: &ReplicaSet, own: &[Pod]) -> Result<(), kube::Error> {
    let ready = own.iter().filter(|p| is_ready(p)).count();
    let status = json!({
        "replicas": own.len(), "readyReplicas": ready, "availableReplicas": ready,
        "fullyLabeledReplicas": own.len(), "observedGeneration": set.metadata.generation,
    });
    let api: Api<ReplicaSet> = Api::namespaced(client.clone(), &set.namespace().unwrap_or_default());
    api.patch_status(&set.name_any(), &PatchParams::default(), &Patch::Merge(json!({"status": status})))
        .await?;
    Ok(())
}

fn new_pod(set: &ReplicaSet) -> Result<Pod, kube::Error> {
    let template = set.spec.as_ref().and_then(|s| s.template.clone()).unwrap_or_default();
    let mut pod: Value = serde_json::to_value(&template).map_err(kube::Error::SerdeError)?;
    pod["metadata"]["generateName"] = format!("{}-", set.name_any()).into();
    pod["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set.name_any(), "uid": set.uid(),
        "controller": true, "blockOwnerDeletion": true,
    }]);
    serde_json::from_value(pod).map_err(kube::Error::SerdeError)
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True")
}
