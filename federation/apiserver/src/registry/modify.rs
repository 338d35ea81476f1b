//! The loop of every update: read, change, prepare, commit, and again when somebody was faster.

use serde_json::Value;

use super::commit::{Outcome, canonical, put, remove};
use super::request::{Reply, Write, Written};
use super::{body, managed, meta, prepare};
use crate::resource::{Endpoint, Origin};
use crate::schema;
use crate::server::core::Stored;
use crate::status::{ApiError, ApiResult};

/// How managedFields come about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Managed {
    /// From the difference of old and new.
    Record,
    /// The change has written them already (apply).
    Done,
}

/// A change: from the live object, as the kind of the path has it and with its resourceVersion, to the new one
/// with warnings.
pub(super) type Change<'a> = &'a (dyn Fn(&Value) -> ApiResult<(Value, Vec<String>)> + Sync);

/// Applies `change` to the object of the path. A resourceVersion that `change` returns and that is not the live
/// one is a failed precondition. Errors: 404, 409, 422, and those of `change`.
///
/// A change without a precondition is computed anew until it fits, as upstream does: each time somebody else got
/// through, and the time limit of the request ends a hopeless one.
pub(super) async fn modify(write: &Write, managed: Managed, change: Change<'_>) -> ApiResult<Written> {
    let mut current = write.core.current(&write.kind, &write.namespace, &write.name).await?;
    loop {
        let stored = current.ok_or_else(|| write.not_found())?;
        let live: Value = serde_json::from_slice(&stored.value).map_err(ApiError::internal)?;
        let (new, mut warnings) = change(&as_seen(write, &live, stored.revision))?;
        let new = precondition(write, new, stored.revision)?;
        let Some(new) = prepared(write, managed, new, &live)? else {
            return Ok(unchanged(write, stored, warnings));
        };
        prepare::validate(write, &write.name, &new, Some(&live))?;
        warnings.extend(prepare::admit(write, &write.name, Some(&new), Some(&live)).await?);
        let value = canonical(&new)?;
        let written = |revision| Written {
            code: 200,
            reply: Reply::Object { name: write.name.clone(), value: value.clone(), revision },
            warnings,
        };
        if write.dry_run {
            return Ok(written(stored.revision));
        }
        let outcome = if is_gone(write, &new) {
            remove(write, stored.revision).await?
        } else {
            put(write, value.clone(), stored.revision).await?
        };
        match outcome {
            Outcome::Done(revision) => return Ok(written(revision)),
            Outcome::Changed(now) => current = now,
        }
    }
}

/// The live object as the client sees it.
fn as_seen(write: &Write, live: &Value, revision: u64) -> Value {
    let mut seen = live.clone();
    meta::set(&mut seen, "resourceVersion", Some(revision.to_string().into()));
    if let Some(view) = &write.kind.view {
        (view.from_stored)(&mut seen);
    }
    seen
}

fn precondition(write: &Write, mut new: Value, revision: u64) -> ApiResult<Value> {
    body::match_path(&write.kind.resource, &write.namespace, &write.name, &mut new)?;
    body::to_stored(write, &mut new);
    let version = meta::take_version(&mut new);
    if !version.is_empty() && version != revision.to_string() {
        return Err(write.modified());
    }
    Ok(new)
}

/// The object as it would be stored; `None` when nothing changed. Errors: 409 for another uid.
fn prepared(write: &Write, managed: Managed, mut new: Value, live: &Value) -> ApiResult<Option<Value>> {
    let resource = &write.kind.stored;
    keep_identity(write, &mut new, live)?;
    meta::drop_empty(&mut new);
    separate(write, &mut new, live);
    schema::default(&mut new, &resource.schema);
    resource.strategy.prepare_update(&write.ctx, &mut new, live);
    if managed == Managed::Record {
        managed::record(write, Some(live), &mut new);
    }
    if meta::is_noop(&new, live) {
        return Ok(None);
    }
    let before = meta::generation(live);
    if before > 0 || resource.origin == Origin::Custom {
        let moved = !meta::same_spec(&new, live, resource.subresources.status);
        meta::set(&mut new, "generation", Some((before + i64::from(moved)).into()));
    }
    Ok(Some(new))
}

/// Restores what no update may change where the client left it out.
fn keep_identity(write: &Write, new: &mut Value, live: &Value) -> ApiResult<()> {
    let (given, uid) = (meta::text(new, "uid"), meta::text(live, "uid"));
    if !given.is_empty() && given != uid {
        let why = format!("Precondition failed: UID in precondition: {given}, UID in object meta: {uid}");
        let resource = &write.kind.resource;
        return Err(ApiError::conflict(&resource.group, &resource.plural, &write.name, &why));
    }
    for field in ["uid", "creationTimestamp", "generation"] {
        meta::set(new, field, meta::meta(live).get(field).cloned());
    }
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "generateName"] {
        if !meta::meta(new).contains_key(field) {
            meta::set(new, field, meta::meta(live).get(field).cloned());
        }
    }
    meta::set(new, "selfLink", None);
    Ok(())
}

/// The main endpoint does not write the status, the status endpoint nothing else.
fn separate(write: &Write, new: &mut Value, live: &Value) {
    match write.ctx.endpoint {
        Endpoint::Main if write.kind.stored.subresources.status => set_status(new, live.get("status")),
        Endpoint::Status => {
            let status = new.get("status").cloned();
            let managed = meta::meta(new).get("managedFields").cloned();
            *new = live.clone();
            set_status(new, status.as_ref());
            meta::set(new, "managedFields", managed);
        }
        _ => {}
    }
}

fn set_status(object: &mut Value, status: Option<&Value>) {
    let Some(map) = object.as_object_mut() else { return };
    match status {
        Some(status) => drop(map.insert("status".to_owned(), status.clone())),
        None => drop(map.remove("status")),
    }
}

/// Whether nothing holds an object any more that is being deleted.
fn is_gone(write: &Write, new: &Value) -> bool {
    meta::deleting(new)
        && meta::finalizers(new).next().is_none()
        && meta::meta(new).get("deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0) == 0
        && !write.kind.stored.strategy.blocks_deletion(new)
}

fn unchanged(write: &Write, stored: Stored, warnings: Vec<String>) -> Written {
    let Stored { value, revision } = stored;
    Written { code: 200, reply: Reply::Object { name: write.name.clone(), value, revision }, warnings }
}
