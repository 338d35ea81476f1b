//! One pass over an InPlaceSet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crds::apps::{InPlaceSet, InPlaceSetStatus};
use crds::names::CAFEDEPLOYMENT_LABEL;
use futures::StreamExt;
use kube::api::{Api, Patch};
use kube::{Resource, ResourceExt};
use member_agent_core::difference::merge_patch;
use member_agent_core::in_place_set::{self, Set, SetPlan};
use serde_json::{Value, json};

use super::{Context, change, history, pod};
use crate::world::{Key, PodEntry};
use crate::{Error, convert, watch};

/// Writes on pods of one set at a time.
const WRITES: usize = 16;

/// Looks at it once; returns when to look again.
pub(crate) async fn set(context: &Context, key: &Key) -> Result<Option<Duration>, Error> {
    let Some(object) = context.world.with(|world| world.sets.get(key)) else { return Ok(None) };
    if object.meta().deletion_timestamp.is_some() {
        return Ok(None);
    }
    let application = Key::new(
        key.namespace.clone(),
        object.labels().get(CAFEDEPLOYMENT_LABEL).cloned().unwrap_or_else(|| object.name_any()),
    );
    let uid = object.uid().unwrap_or_default();
    let mut pods = context.world.with(|world| world.pods.of(&application));
    pods.retain(|pod| pod.owner_uid == uid);
    let now = convert::now();
    let (core, plan) = decide(context, &object, &application, &pods, now).await?;
    let outcome = act(context, &object, &pods, plan.acts.clone()).await;
    write_status(context, &object, convert::set_status(&object, &core, &plan, now)).await?;
    outcome?;
    Ok(plan.wake_at.map(|at| convert::wait_until(at, now)))
}

/// Asks the core, and reads the older templates that it needs.
async fn decide(
    context: &Context,
    object: &InPlaceSet,
    application: &Key,
    pods: &[Arc<PodEntry>],
    now: model::Timestamp,
) -> Result<(Set, SetPlan), Error> {
    let views: Vec<_> = pods.iter().map(|pod| pod.view.clone()).collect();
    let mut older: BTreeMap<String, Arc<Value>> = BTreeMap::new();
    let mut lost = BTreeSet::new();
    loop {
        let core = convert::core_set(object, &older, &lost);
        let plan = in_place_set::plan(&core, &views, now);
        let unread: Vec<&String> =
            plan.missing_templates.iter().filter(|revision| !lost.contains(*revision)).collect();
        if unread.is_empty() {
            return Ok((core, plan));
        }
        for revision in unread {
            match history::cell_template(context, application, revision, &object.spec.cell).await? {
                Some(template) => {
                    older.insert(revision.clone(), template);
                }
                None => {
                    tracing::warn!(set = %object.name_any(), revision, "the template of this revision is not recorded");
                    lost.insert(revision.clone());
                }
            }
        }
    }
}

/// Carries out all acts, several at a time; returns the first failure after all were tried.
async fn act(
    context: &Context,
    object: &InPlaceSet,
    pods: &[Arc<PodEntry>],
    acts: Vec<in_place_set::Act>,
) -> Result<(), Error> {
    let writes = acts.into_iter().map(|act| pod::carry_out(context, object, pods, act));
    let mut outcomes = futures::stream::iter(writes).buffer_unordered(WRITES);
    let mut first = Ok(());
    while let Some(outcome) = outcomes.next().await {
        if first.is_ok() {
            first = outcome;
        }
    }
    first
}

async fn write_status(context: &Context, object: &InPlaceSet, status: InPlaceSetStatus) -> Result<(), Error> {
    if object.status.as_ref() == Some(&status) {
        return Ok(());
    }
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let json = |status: &InPlaceSetStatus| {
        serde_json::to_value(status).map_err(Error::json(format!("status of InPlaceSet {namespace}/{name}")))
    };
    let before = match &object.status {
        Some(status) => json(status)?,
        None => Value::Object(serde_json::Map::new()),
    };
    let Some(difference) = merge_patch(&before, &json(&status)?) else { return Ok(()) };
    let patch = Patch::Merge(json!({"metadata": {"uid": object.uid()}, "status": difference}));
    let api: Api<InPlaceSet> = Api::namespaced(context.client.clone(), &namespace);
    let attempt = format!("write status of InPlaceSet {namespace}/{name}");
    let written = api.patch_status(&name, &change(), &patch).await.map_err(Error::request(attempt))?;
    watch::note_set(context, written);
    Ok(())
}
