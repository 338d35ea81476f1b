//! DELETE of one object: at once, or marked and left to its finalizers.

use serde_json::{Value, json};

use super::commit::{Outcome, canonical, put, remove};
use super::delete_options::{DeleteOptions, Propagation};
use super::request::{Reply, Write, Written};
use super::{meta, namespaces, prepare};
use crate::server::core::Stored;
use crate::status::{ApiError, ApiResult, qualified};

/// Finalizers by which the garbage collector hears of a propagation policy.
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Deletes the object of the path. An object that moves on under it is looked at again until the time of the
/// request is over.
pub(crate) async fn delete(write: &Write, options: &DeleteOptions) -> ApiResult<Written> {
    namespaces::may_delete(write)?;
    let mut current = write.core.current(&write.kind, &write.namespace, &write.name).await?;
    loop {
        let stored = current.ok_or_else(|| write.not_found())?;
        let live: Value = serde_json::from_slice(&stored.value).map_err(ApiError::internal)?;
        preconditions(write, options, &live, stored.revision)?;
        let warnings = prepare::admit(write, &write.name, None, Some(&live)).await?;
        let grace = write.kind.stored.strategy.grace_seconds(&live, options.grace);
        let marked = marked(write, options, grace, &live);
        if is_held(write, grace, &marked) {
            if marked == live {
                return Ok(answer_object(write, stored, warnings));
            }
            let value = canonical(&marked)?;
            let done = if write.dry_run {
                Outcome::Done(stored.revision)
            } else {
                put(write, value.clone(), stored.revision).await?
            };
            match done {
                Outcome::Done(revision) => {
                    return Ok(answer_object(write, Stored { value, revision }, warnings));
                }
                Outcome::Changed(now) => current = now,
            }
            continue;
        }
        let done = if write.dry_run {
            Outcome::Done(stored.revision)
        } else {
            remove(write, stored.revision).await?
        };
        match done {
            Outcome::Done(_) => {
                let reply = Reply::Document(success(write, meta::text(&live, "uid")));
                return Ok(Written { code: 200, reply, warnings });
            }
            Outcome::Changed(now) => current = now,
        }
    }
}

fn preconditions(write: &Write, options: &DeleteOptions, live: &Value, revision: u64) -> ApiResult<()> {
    let resource = &write.kind.resource;
    let conflict = |why: String| ApiError::conflict(&resource.group, &resource.plural, &write.name, &why);
    let uid = meta::text(live, "uid");
    if let Some(asked) = options.uid.as_deref().filter(|asked| *asked != uid) {
        return Err(conflict(format!(
            "Precondition failed: UID in precondition: {asked}, UID in object meta: {uid}"
        )));
    }
    let version = revision.to_string();
    if let Some(asked) = options.version.as_deref().filter(|asked| *asked != version) {
        return Err(conflict(format!(
            "Precondition failed: ResourceVersion in precondition: {asked}, ResourceVersion in object meta: {version}"
        )));
    }
    Ok(())
}

/// The object with the marks of this delete: finalizers of the policy, deletionTimestamp, generation.
fn marked(write: &Write, options: &DeleteOptions, grace: i64, live: &Value) -> Value {
    let mut object = live.clone();
    if let Some(propagation) = options.propagation {
        let wanted = match propagation {
            Propagation::Background => None,
            Propagation::Foreground => Some(FOREGROUND),
            Propagation::Orphan => Some(ORPHAN),
        };
        let mut list: Vec<Value> = meta::finalizers(live)
            .filter(|name| !matches!(*name, FOREGROUND | ORPHAN) || Some(*name) == wanted)
            .map(Value::from)
            .collect();
        if let Some(wanted) = wanted.filter(|wanted| !list.iter().any(|name| name == wanted)) {
            list.push(wanted.into());
        }
        meta::set(&mut object, "finalizers", (!list.is_empty()).then_some(Value::Array(list)));
    }
    if meta::deleting(live) {
        let before = meta::meta(live).get("deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0);
        if options.grace.is_some() && grace < before {
            meta::set(&mut object, "deletionGracePeriodSeconds", Some(grace.into()));
        }
        return object;
    }
    meta::set(&mut object, "deletionTimestamp", Some(meta::time(write.ctx.now_unix_seconds + grace)));
    meta::set(&mut object, "deletionGracePeriodSeconds", Some(grace.into()));
    if meta::generation(live) > 0 {
        meta::set(&mut object, "generation", Some((meta::generation(live) + 1).into()));
    }
    namespaces::terminate(write, &mut object);
    object
}

/// Whether the object stays for now. A shorter grace than before is taken over; zero ends the wait for what runs,
/// not for finalizers.
fn is_held(write: &Write, grace: i64, object: &Value) -> bool {
    grace > 0
        || meta::finalizers(object).next().is_some()
        || write.kind.stored.strategy.blocks_deletion(object)
}

fn answer_object(write: &Write, stored: Stored, warnings: Vec<String>) -> Written {
    let Stored { value, revision } = stored;
    Written { code: 200, reply: Reply::Object { name: write.name.clone(), value, revision }, warnings }
}

fn success(write: &Write, uid: &str) -> Value {
    let resource = &write.kind.resource;
    let mut details = json!({ "name": write.name, "kind": resource.plural, "uid": uid });
    if !resource.group.is_empty() {
        details["group"] = resource.group.as_str().into();
    }
    tracing::debug!(what = qualified(&resource.plural, &resource.group), name = write.name, "deleted");
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details, "code": 200 })
}
