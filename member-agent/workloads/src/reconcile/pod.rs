//! Writes on pods. Every one is bound to the pod that was seen: by uid, and by version where it cannot be taken back.

use std::sync::Arc;

use crds::apps::InPlaceSet;
use crds::names::{IN_PLACE_READY, IN_PLACE_STATE};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, Patch, PostParams, Preconditions};
use kube::core::Request;
use kube::{Resource, ResourceExt};
use member_agent_core::in_place_set::{Act, Why};
use member_agent_core::pod_life::{Step, Upgrade};
use serde_json::{Value, json};

use super::{Context, change};
use crate::world::PodEntry;
use crate::{Error, convert, watch};

/// Carries out one act. What was overtaken by events is no failure: they bring the set up again.
pub(super) async fn carry_out(
    context: &Context,
    set: &InPlaceSet,
    pods: &[Arc<PodEntry>],
    act: Act,
) -> Result<(), Error> {
    let namespace = set.namespace().unwrap_or_default();
    let api: Api<Pod> = Api::namespaced(context.client.clone(), &namespace);
    let seen = |name: &str| pods.iter().find(|pod| pod.view.name == name);
    match act {
        Act::Create { name, revision, pod } => create(context, &api, set, &name, &revision, pod).await,
        Act::Delete { name, uid, why } => match seen(&name) {
            Some(pod) => delete(context, &api, pod, &uid, why).await,
            None => Ok(()),
        },
        Act::Step { name, step } => match seen(&name) {
            Some(pod) => write(context, &api, pod, &step).await,
            None => Ok(()),
        },
    }
}

async fn create(
    context: &Context,
    api: &Api<Pod>,
    set: &InPlaceSet,
    name: &str,
    revision: &str,
    mut pod: Value,
) -> Result<(), Error> {
    let namespace = set.namespace().unwrap_or_default();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["namespace"] = json!(namespace);
    pod["metadata"]["ownerReferences"] = json!(set.controller_owner_ref(&()).map(|owner| vec![owner]));
    // As JSON, and not as a Pod, so that fields of a newer Kubernetes stay in it.
    let body = serde_json::to_vec(&pod).map_err(Error::json(format!("pod {namespace}/{name}")))?;
    let path = Pod::url_path(&(), Some(&namespace));
    let attempt = format!("create pod {namespace}/{name} of revision {revision}");
    let request = Request::new(path).create(&PostParams::default(), body);
    let request = request.map_err(kube::Error::BuildRequest).map_err(Error::request(attempt.clone()))?;
    match context.client.request::<Pod>(request).await.map_err(Error::request(attempt)) {
        Ok(made) => {
            watch::note_pod(context, &made);
            Ok(())
        }
        Err(error) if error.is_conflict() => {
            // The name is taken: by this very pod, made a moment ago.
            refresh(context, api, name).await?;
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn delete(context: &Context, api: &Api<Pod>, pod: &PodEntry, uid: &str, why: Why) -> Result<(), Error> {
    let name = &pod.view.name;
    let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
    let how = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    let attempt = format!("delete pod {}/{name} ({why:?})", pod.application.namespace);
    match api.delete(name, &how).await.map_err(Error::request(attempt)) {
        Ok(_) => {
            context.world.with(|world| world.pods.mark_deleting(&pod.application, name, uid));
            context.queue.push(crate::queue::Task::Set(crate::world::Key::new(
                pod.application.namespace.clone(),
                pod.view.set.clone(),
            )));
            Ok(())
        }
        // Another pod has the name, or none: what was to go is gone.
        Err(error) if error.is_not_found() || error.is_conflict() => {
            context.world.with(|world| world.pods.delete(&pod.application, name, uid));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn write(context: &Context, api: &Api<Pod>, pod: &PodEntry, step: &Step) -> Result<(), Error> {
    let name = &pod.view.name;
    let attempt = format!("write {} on pod {}/{name}", word(step), pod.application.namespace);
    let written = match step {
        Step::Serve | Step::Wait(_) => return Ok(()),
        Step::OpenGate => gate(api, pod, true, "Serving", "the pod may serve").await,
        Step::CloseGate { revision } => {
            gate(api, pod, false, "Updating", &format!("it moves to revision {revision} in place")).await
        }
        Step::Note(record) => {
            let annotations = json!({IN_PLACE_STATE: record.to_text()});
            let metadata =
                json!({"uid": pod.view.uid, "resourceVersion": pod.version, "annotations": annotations});
            api.patch(name, &change(), &Patch::Strategic(json!({"metadata": metadata}))).await
        }
        Step::Upgrade(upgrade) => {
            api.patch(name, &change(), &Patch::Strategic(upgrade_patch(pod, upgrade))).await
        }
    };
    match written.map_err(Error::request(attempt)) {
        Ok(written) => {
            watch::note_pod(context, &written);
            Ok(())
        }
        // Somebody wrote first, most often the kubelet: look at what it wrote, then decide again.
        Err(error) if error.is_conflict() => refresh(context, api, name).await,
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error),
    }
}

fn word(step: &Step) -> &'static str {
    match step {
        Step::Serve | Step::Wait(_) => "nothing",
        Step::OpenGate => "an open gate",
        Step::CloseGate { .. } => "a closed gate",
        Step::Note(_) => "a note",
        Step::Upgrade(_) => "an update in place",
    }
}

async fn gate(api: &Api<Pod>, pod: &PodEntry, open: bool, reason: &str, message: &str) -> kube::Result<Pod> {
    let condition = json!({
        "type": IN_PLACE_READY,
        "status": if open { "True" } else { "False" },
        "reason": reason,
        "message": message,
        "lastTransitionTime": k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(k8s_openapi::jiff::Timestamp::now()),
    });
    let patch = json!({"metadata": {"uid": pod.view.uid}, "status": {"conditions": [condition]}});
    api.patch_status(&pod.view.name, &change(), &Patch::Strategic(patch)).await
}

/// Bound to the version that was seen: a view that is behind must not restart a container that serves again.
fn upgrade_patch(pod: &PodEntry, upgrade: &Upgrade) -> Value {
    let mut patch = json!({"metadata": {
        "uid": pod.view.uid,
        "resourceVersion": pod.version,
        "labels": upgrade.labels,
        "annotations": upgrade.annotations,
    }});
    if !upgrade.images.is_empty() {
        let containers = upgrade.images.iter().map(|(name, image)| json!({"name": name, "image": image}));
        patch["spec"] = json!({"containers": containers.collect::<Vec<_>>()});
    }
    patch
}

/// Reads a pod anew, so that the next pass decides on what is there.
async fn refresh(context: &Context, api: &Api<Pod>, name: &str) -> Result<(), Error> {
    let found = api.get_opt(name).await.map_err(Error::request(format!("read pod {name} again")))?;
    if let Some(pod) = found {
        if convert::pod_entry(&pod).is_none() {
            tracing::warn!(pod = name, "the name is taken by a pod of somebody else");
        }
        watch::note_pod(context, &pod);
    }
    Ok(())
}
