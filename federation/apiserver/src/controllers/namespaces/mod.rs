//! The end of a namespace: delete its content, then let it go.
//!
//! A namespace with a deletion time keeps the finalizer `kubernetes` in its spec until nothing is left in
//! it. What hinders it stands in its conditions, in upstream's words.
//! Upstream: `pkg/controller/namespace/deletion`.

pub mod conditions;

use std::collections::BTreeMap;
use std::time::Duration;

use conditions::{Findings, Remains};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::kinds::{Kind, Kinds};
use super::{FIELD_MANAGER, answered};

/// The finalizer in `spec.finalizers`.
pub const FINALIZER: &str = "kubernetes";
/// First wait before a namespace with remaining content is looked at again.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// Objects read per page when the remains are counted.
const PAGE: u32 = 500;

/// Watches namespaces for ever.
pub async fn run(client: Client) {
    let api: Api<Namespace> = Api::all(client.clone());
    let events = watcher(api, watcher::Config::default()).default_backoff();
    futures::pin_mut!(events);
    let kinds = Kinds::discover_patiently(&client).await;
    let mut waiting: BTreeMap<String, (Instant, Duration)> = BTreeMap::new();
    loop {
        let due = waiting.iter().min_by_key(|(_, (at, _))| *at).map(|(name, (at, _))| (name.clone(), *at));
        let name = tokio::select! {
            event = events.next() => match event {
                Some(Ok(watcher::Event::Apply(n) | watcher::Event::InitApply(n))) if is_ending(&n) => n.name_any(),
                Some(Ok(watcher::Event::Delete(n))) => { waiting.remove(&n.name_any()); continue }
                Some(Ok(_)) => continue,
                Some(Err(error)) => { tracing::debug!(%error, "watch namespaces"); continue }
                None => return,
            },
            () = sleep_until(due.as_ref().map(|(_, at)| *at)) => match due { Some((name, _)) => name, None => continue },
        };
        let waited = waiting.remove(&name).map(|(_, wait)| wait);
        match empty(&client, &kinds, &name).await {
            Ok(true) => {}
            Ok(false) => plan(&mut waiting, name, waited),
            Err(error) => {
                tracing::warn!(%error, namespace = name, "delete the content of a namespace");
                plan(&mut waiting, name, waited);
            }
        }
    }
}

fn plan(waiting: &mut BTreeMap<String, (Instant, Duration)>, name: String, waited: Option<Duration>) {
    let wait = waited.map_or(FIRST_WAIT, |w| (w * 2).min(LONGEST_WAIT));
    waiting.insert(name, (Instant::now() + wait, wait));
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn is_ending(namespace: &Namespace) -> bool {
    let finalizers = namespace.spec.as_ref().and_then(|s| s.finalizers.as_ref());
    namespace.metadata.deletion_timestamp.is_some()
        && finalizers.is_some_and(|f| f.iter().any(|f| f == FINALIZER))
}

/// Deletes what is in the namespace, says what is left, and lets the namespace go when nothing is.
/// `true` when there is nothing more to do.
async fn empty(client: &Client, kinds: &Kinds, name: &str) -> Result<bool, kube::Error> {
    let api: Api<Namespace> = Api::all(client.clone());
    // The event may be old; only a live answer may delete.
    let Some(namespace) = api.get_opt(name).await? else { return Ok(true) };
    if !is_ending(&namespace) {
        return Ok(true);
    }
    let mut found = Findings::default();
    for kind in kinds.iter().filter(|k| k.namespaced) {
        match delete_all(client, kind, name).await {
            Ok(remains) => found.add(kind.qualified(), remains),
            Err(error) => found.failed(format!("{}: {error}", kind.qualified())),
        }
    }
    let now = k8s_openapi::jiff::Timestamp::now().as_second();
    let object = serde_json::to_value(&namespace).map_err(kube::Error::SerdeError)?;
    if let Some(conditions) = found.conditions(&object["status"]["conditions"], now) {
        let patch = Patch::Merge(json!({ "status": { "conditions": conditions } }));
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.into()), ..PatchParams::default() };
        match api.patch_status(name, &params, &patch).await {
            Err(error) if answered(&error, 404) => return Ok(true),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    if !found.is_clean() {
        return Ok(false);
    }
    finalize(&api, name).await
}

/// Deletes all objects of a kind and counts what stays.
async fn delete_all(client: &Client, kind: &Kind, namespace: &str) -> Result<Remains, kube::Error> {
    let objects = kind.metadata(client.clone(), namespace);
    let first = objects.list(&ListParams::default().limit(1)).await?;
    if first.items.is_empty() {
        return Ok(Remains::default());
    }
    if kind.delete_collection {
        let all = kind.objects(client.clone(), namespace);
        all.delete_collection(&DeleteParams::background(), &ListParams::default()).await?;
    } else {
        for object in objects.list(&ListParams::default()).await?.items {
            let api = kind.objects(client.clone(), namespace);
            match api.delete(&object.name_any(), &DeleteParams::background()).await {
                Err(error) if !answered(&error, 404) => return Err(error),
                _ => {}
            }
        }
    }
    let mut remains = Remains::default();
    let mut page = ListParams::default().limit(PAGE);
    loop {
        let list = objects.list(&page).await?;
        for object in &list.items {
            remains.add(object.metadata.finalizers.iter().flatten().map(String::as_str));
        }
        match list.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => page = ListParams::default().limit(PAGE).continue_token(&token),
            None => return Ok(remains),
        }
    }
}

/// Takes the finalizer out of the spec; the server then deletes the namespace.
async fn finalize(api: &Api<Namespace>, name: &str) -> Result<bool, kube::Error> {
    let Some(namespace) = api.get_opt(name).await? else { return Ok(true) };
    let mut object: Value = serde_json::to_value(&namespace).map_err(kube::Error::SerdeError)?;
    object["apiVersion"] = "v1".into();
    object["kind"] = "Namespace".into();
    if let Some(list) = object["spec"]["finalizers"].as_array_mut() {
        list.retain(|f| f != FINALIZER);
    }
    match api.replace_subresource("finalize", name, &PostParams::default(), &object).await {
        Ok(_) => Ok(true),
        Err(error) if answered(&error, 404) => Ok(true),
        // Somebody else wrote it; look again.
        Err(error) if answered(&error, 409) => Ok(false),
        Err(error) => Err(error),
    }
}
