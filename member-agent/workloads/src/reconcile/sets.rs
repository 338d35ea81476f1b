//! The sets of an application: written where they are not as planned, by server-side apply, since they are ours alone.

use crds::apps::{CafeDeployment, InPlaceSet};
use crds::names::{CAFEDEPLOYMENT_LABEL, CELL_LABEL, REVISION_LABEL, TRACEPARENT};
use k8s_openapi::api::apps::v1::ReplicaSet;
use kube::api::{Api, DeleteParams, Patch, Preconditions};
use kube::{Resource, ResourceExt};
use member_agent_core::cafe_deployment::{ALL_CELLS, Plan, PodSetType, SetWrite};
use member_agent_core::template::{Identity, build_pod, render};
use serde_json::{Map, Value, json};

use super::{Context, apply, change};
use crate::world::Key;
use crate::{Error, convert, watch};

/// Makes the sets as planned, and takes away those that are over.
pub(super) async fn write(context: &Context, owner: &CafeDeployment, plan: &Plan) -> Result<(), Error> {
    for set in &plan.sets {
        match set.set_type {
            PodSetType::InPlaceSet => in_place(context, owner, plan, set).await?,
            PodSetType::ReplicaSet => replica(context, owner, set).await?,
        }
    }
    if plan.paused {
        stop(context, owner).await?;
    }
    for name in &plan.remove_sets {
        remove(context, owner, name).await?;
    }
    Ok(())
}

fn key(owner: &CafeDeployment, name: &str) -> Key {
    Key::new(owner.namespace().unwrap_or_default(), name)
}

/// The template as the cell of a set has it.
fn template(owner: &CafeDeployment, set: &SetWrite) -> Value {
    let deployment = convert::deployment(owner);
    // The plan rendered it before and would have called the object invalid.
    render(&deployment.template, &deployment.overrides, &set.cell)
        .unwrap_or_else(|_| owner.spec.template.0.clone())
}

async fn in_place(
    context: &Context,
    owner: &CafeDeployment,
    plan: &Plan,
    set: &SetWrite,
) -> Result<(), Error> {
    let key = key(owner, &set.name);
    let held = context.world.with(|world| world.sets.get(&key));
    let held_template = held.as_ref().filter(|held| held.spec.revision == set.revision);
    // The template follows from the revision: what the server pruned of it is no difference.
    let template = held_template.map_or_else(|| template(owner, set), |held| held.spec.template.0.clone());
    let current = match plan.status.current_revision.as_str() {
        // All pods run it: what is lost comes back on it.
        current if current == set.revision => "",
        current => current,
    };
    let spec = convert::set_spec(owner, set, template, current, plan.paused);
    if held.is_some_and(|held| held.spec == spec) {
        return Ok(());
    }
    let mut wanted = InPlaceSet::new(&set.name, spec);
    wanted.metadata.namespace = Some(key.namespace.clone());
    wanted.metadata.owner_references = owner.controller_owner_ref(&()).map(|owner| vec![owner]);
    wanted.metadata.labels = Some(labels(owner, set).into_iter().collect());
    let traceparent = owner.annotations().get(TRACEPARENT);
    wanted.metadata.annotations = traceparent.map(|trace| [(TRACEPARENT.to_owned(), trace.clone())].into());
    let api: Api<InPlaceSet> = Api::namespaced(context.client.clone(), &key.namespace);
    let written = api
        .patch(&set.name, &apply(), &Patch::Apply(&wanted))
        .await
        .map_err(Error::request(format!("apply InPlaceSet {key}")))?;
    watch::note_set(context, written);
    Ok(())
}

fn labels(owner: &CafeDeployment, set: &SetWrite) -> Vec<(String, String)> {
    let mut labels = vec![(CAFEDEPLOYMENT_LABEL.to_owned(), owner.name_any())];
    if set.cell != ALL_CELLS {
        labels.push((CELL_LABEL.to_owned(), set.cell.clone()));
    }
    labels
}

/// Stops the sets: what is in the middle of an update is finished, nothing else begins.
async fn stop(context: &Context, owner: &CafeDeployment) -> Result<(), Error> {
    let uid = owner.uid().unwrap_or_default();
    let namespace = owner.namespace().unwrap_or_default();
    let running: Vec<String> = context.world.with(|world| {
        let sets = world.sets.in_namespace(&namespace).filter(|set| !set.spec.paused);
        sets.filter(|set| set.owner_references().iter().any(|owner| owner.uid == uid))
            .map(|set| set.name_any())
            .collect()
    });
    let api: Api<InPlaceSet> = Api::namespaced(context.client.clone(), &namespace);
    for name in running {
        let patch = Patch::Merge(json!({"spec": {"paused": true}}));
        let attempt = format!("pause InPlaceSet {namespace}/{name}");
        let written = api.patch(&name, &change(), &patch).await.map_err(Error::request(attempt))?;
        watch::note_set(context, written);
    }
    Ok(())
}

async fn replica(context: &Context, owner: &CafeDeployment, set: &SetWrite) -> Result<(), Error> {
    let key = key(owner, &set.name);
    let held = context.world.with(|world| world.replica_sets.get(&key));
    let api: Api<ReplicaSet> = Api::namespaced(context.client.clone(), &key.namespace);
    let replicas = held.as_ref().and_then(|held| held.spec.as_ref()).and_then(|spec| spec.replicas);
    let attempt = format!("write ReplicaSet {key}");
    let written = match (&held, replicas) {
        (Some(_), Some(replicas)) if u32::try_from(replicas) == Ok(set.replicas) => return Ok(()),
        (Some(_), _) => {
            let patch = Patch::Merge(json!({"spec": {"replicas": set.replicas}}));
            api.patch(&set.name, &change(), &patch).await.map_err(Error::request(attempt))?
        }
        (None, _) => {
            let wanted = replica_set(owner, set, &key);
            api.patch(&set.name, &apply(), &Patch::Apply(&wanted)).await.map_err(Error::request(attempt))?
        }
    };
    watch::note_replica_set(context, written);
    Ok(())
}

fn replica_set(owner: &CafeDeployment, set: &SetWrite, key: &Key) -> Value {
    let has_cell = owner.spec.topology.values.contains(&set.cell);
    let identity = Identity {
        application: owner.name_any(),
        cell: if has_cell { set.cell.clone() } else { String::new() },
        node_label: owner.spec.topology.node_label.clone(),
        revision: set.revision.clone(),
        group: set.group,
        traceparent: None,
    };
    let template = build_pod(&template(owner, set), &identity, false);
    let mut match_labels: Map<String, Value> = convert::match_labels(&owner.spec.selector)
        .into_iter()
        .map(|(key, value)| (key, json!(value)))
        .collect();
    match_labels.insert(CAFEDEPLOYMENT_LABEL.into(), json!(owner.name_any()));
    match_labels.insert(REVISION_LABEL.into(), json!(set.revision));
    if has_cell {
        match_labels.insert(CELL_LABEL.into(), json!(set.cell));
    }
    let mut labels: Map<String, Value> =
        labels(owner, set).into_iter().map(|(key, value)| (key, json!(value))).collect();
    labels.insert(REVISION_LABEL.into(), json!(set.revision));
    let annotations: Map<String, Value> = owner
        .annotations()
        .get(TRACEPARENT)
        .map(|trace| (TRACEPARENT.to_owned(), json!(trace)))
        .into_iter()
        .collect();
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": set.name,
            "namespace": key.namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": owner.controller_owner_ref(&()).map(|owner| vec![owner]),
        },
        "spec": {
            "replicas": set.replicas,
            "minReadySeconds": owner.spec.strategy.min_ready_seconds,
            "selector": {"matchLabels": match_labels},
            "template": template,
        },
    })
}

/// Takes away a set that is empty, if it is still the one that was seen to be.
async fn remove(context: &Context, owner: &CafeDeployment, name: &str) -> Result<(), Error> {
    let key = key(owner, name);
    let attempt = || Error::request(format!("delete the empty set {key}"));
    let guard = |metadata: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta| {
        let preconditions =
            Preconditions { resource_version: metadata.resource_version.clone(), uid: metadata.uid.clone() };
        DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() }
    };
    let (in_place, replica) =
        context.world.with(|world| (world.sets.get(&key), world.replica_sets.get(&key)));
    let outcome = match (in_place, replica) {
        (Some(set), _) => {
            let api: Api<InPlaceSet> = Api::namespaced(context.client.clone(), &key.namespace);
            api.delete(name, &guard(set.meta())).await.map(|_| ()).map_err(attempt())
        }
        (None, Some(set)) => {
            let api: Api<ReplicaSet> = Api::namespaced(context.client.clone(), &key.namespace);
            api.delete(name, &guard(set.meta())).await.map(|_| ()).map_err(attempt())
        }
        (None, None) => Ok(()),
    };
    match outcome {
        Err(error) if error.is_not_found() => Ok(()),
        outcome => outcome,
    }
}
