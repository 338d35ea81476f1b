//! One pass over a CafeDeployment.

use std::sync::Arc;
use std::time::Duration;

use crds::apps::{CafeDeployment, CafeDeploymentStatus};
use kube::api::{Api, Patch};
use kube::{Resource, ResourceExt};
use member_agent_core::cafe_deployment::{self as core, Plan, Seen};
use member_agent_core::difference::merge_patch;
use serde_json::{Value, json};

use super::{Context, change, edit, history, sets};
use crate::world::Key;
use crate::{Error, convert, events, watch};

/// Looks at it once; returns when to look again.
pub(crate) async fn deployment(context: &Context, key: &Key) -> Result<Option<Duration>, Error> {
    let Some(object) = context.world.with(|world| world.deployments.get(key)) else {
        context.templates.forget(key);
        return Ok(None);
    };
    if object.meta().deletion_timestamp.is_some() {
        // Its sets go with it, and their pods with them: they are owned.
        return Ok(None);
    }
    let deployment = convert::deployment(&object);
    let mut seen = see(context, key, &object);
    if deployment.policy == member_agent_core::in_place_set::PodUpgradePolicy::InPlaceOnly {
        seen.current_template = history::whole_template(context, key, &seen.status.current_revision).await?;
    }
    let now = convert::now();
    let plan = core::plan(&deployment, &seen, now);
    if let Some(change) = &plan.edit {
        edit::write(context, &object, change).await?;
        return Ok(Some(Duration::ZERO));
    }
    history::write(context, &object, &plan.records).await?;
    let object = write_status(context, object, &seen, &plan).await?;
    sets::write(context, &object, &plan).await?;
    Ok(plan.wake_at.map(|at| convert::wait_until(at, now)))
}

fn see(context: &Context, key: &Key, object: &CafeDeployment) -> Seen {
    let uid = object.uid().unwrap_or_default();
    let is_ours = |metadata: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta| {
        metadata
            .owner_references
            .iter()
            .flatten()
            .any(|owner| owner.uid == uid && owner.controller == Some(true))
    };
    context.world.with(|world| {
        let in_place = world.sets.in_namespace(&key.namespace).filter(|set| is_ours(&set.metadata));
        let replica = world.replica_sets.in_namespace(&key.namespace).filter(|set| is_ours(&set.metadata));
        let records = world.records.in_namespace(&key.namespace).filter(|record| is_ours(&record.metadata));
        let mut sets: Vec<core::SetSeen> = in_place.map(|set| convert::seen_set_in_place(set)).collect();
        sets.extend(replica.map(|set| convert::seen_set_replica(set)));
        let pods = world.pods.of(key).into_iter().map(|pod| pod.view.clone());
        Seen {
            status: object.status.as_ref().map(convert::status_to_core).unwrap_or_default(),
            pods: pods.filter(|pod| sets.iter().any(|set| set.name == pod.set)).collect(),
            sets,
            records: records.map(|record| history::seen(record)).collect(),
            current_template: None,
        }
    })
}

/// Writes what changed in the status, bound to the version that was seen: the status is the log of the release, and
/// nobody may write over a newer entry.
async fn write_status(
    context: &Context,
    object: Arc<CafeDeployment>,
    seen: &Seen,
    plan: &Plan,
) -> Result<Arc<CafeDeployment>, Error> {
    let status = convert::status_from_core(&plan.status, convert::selector_text(&object.spec.selector));
    let name = object.name_any();
    let namespace = object.namespace().unwrap_or_default();
    let json = |status: &CafeDeploymentStatus| {
        serde_json::to_value(status)
            .map_err(Error::json(format!("status of CafeDeployment {namespace}/{name}")))
    };
    let before = match &object.status {
        Some(status) => json(status)?,
        None => Value::Object(serde_json::Map::new()),
    };
    let Some(difference) = merge_patch(&before, &json(&status)?) else { return Ok(object) };
    let patch = json!({"metadata": {"resourceVersion": object.resource_version()}, "status": difference});
    let api: Api<CafeDeployment> = Api::namespaced(context.client.clone(), &namespace);
    let written = api
        .patch_status(&name, &change(), &Patch::Merge(&patch))
        .await
        .map_err(Error::request(format!("write status of CafeDeployment {namespace}/{name}")))?;
    watch::note_deployment(context, written.clone());
    events::tell(&context.recorder, &object, &seen.status, &plan.status).await;
    Ok(Arc::new(written))
}
