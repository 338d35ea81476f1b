//! Records who changed what by a write that is not an apply.
//!
//! It runs on every write, therefore it does least where most happens: no change costs one
//! comparison; a change of fields that the writer owns already costs a few look-ups in the stored
//! entries and no parsing.

use serde_json::{Map, Value};

use super::ApplyContext;
use super::capped::cap;
use super::compare::{Comparison, compare};
use super::fieldset::FieldSet;
use super::fieldsv1::{holds_all, holds_any};
use super::managed::{self, Operation, Owner};
use crate::schema::Schema;

/// Sets `metadata.managedFields` of `new`, the object as it will be stored, after a create
/// (`live: None`), a PUT, or a patch.
///
/// What the client sent as `managedFields` counts where it is well formed; `[]` or `[{}]` resets the
/// record; otherwise the record of `live` goes on. On subresources the record of `live` always does.
/// An object without a record gets none by an update, as upstream. Never fails.
pub fn update(ctx: &ApplyContext<'_>, live: Option<&Value>, new: &mut Value, schema: &Schema) {
    let sent = managed::take_entries(new);
    let source = source(ctx, live, sent);
    let tracked =
        live.and_then(|live| live.pointer("/metadata/uid")).and_then(Value::as_str).is_none_or(str::is_empty);
    if source.is_empty() && !tracked {
        return;
    }
    let empty = Value::Object(Map::new());
    let changes = ctx.reset.filter_all(compare(schema.at(), live.unwrap_or(&empty), new));
    if changes.is_same() {
        managed::set_entries(new, source);
        return;
    }
    match touch(ctx, source, &changes) {
        Ok(entries) => managed::set_entries(new, entries),
        Err(entries) => {
            let mut owners = managed::decode(&entries).unwrap_or_default();
            record(ctx, &mut owners, &changes);
            managed::encode(new, &owners);
        }
    }
}

/// [`update`] without the short ways, to hold them against it.
#[cfg(test)]
pub(super) fn update_by_the_long_way(ctx: &ApplyContext<'_>, live: &Value, new: &mut Value, schema: &Schema) {
    let changes = ctx.reset.filter_all(compare(schema.at(), live, new));
    let mut owners = managed::decode(managed::entries(Some(live))).unwrap_or_default();
    record(ctx, &mut owners, &changes);
    managed::encode(new, &owners);
}

/// The entries to start from.
fn source(ctx: &ApplyContext<'_>, live: Option<&Value>, sent: Option<Value>) -> Vec<Value> {
    let stored = managed::entries(live);
    let Some(Value::Array(sent)) = sent.filter(|_| ctx.subresource.is_empty()) else {
        return stored.to_vec();
    };
    if sent == stored {
        return sent;
    }
    match sent.as_slice() {
        [] => Vec::new(),
        [Value::Object(only)] if only.is_empty() => Vec::new(),
        _ if managed::decode(&sent).is_some() => sent,
        _ => stored.to_vec(),
    }
}

/// The common case: the writer owns all that it changed, nobody else does, nothing went. Only the time
/// moves. Gives the entries back unchanged when it is not that case.
fn touch(
    ctx: &ApplyContext<'_>,
    entries: Vec<Value>,
    changes: &Comparison,
) -> Result<Vec<Value>, Vec<Value>> {
    if !changes.removed.is_empty() {
        return Err(entries);
    }
    let mut entries = entries;
    let mut own = None;
    for (place, entry) in entries.iter().enumerate() {
        let text = |name: &str| managed::text(entry, name);
        if text("apiVersion") != ctx.api_version {
            return Err(entries);
        }
        let Some(fields) = entry.get("fieldsV1").and_then(Value::as_object) else { return Err(entries) };
        let is_own = text("operation") == "Update"
            && text("manager") == ctx.manager
            && text("subresource") == ctx.subresource;
        if is_own {
            if own.is_some() || !holds_all(fields, &changes.modified) || !holds_all(fields, &changes.added) {
                return Err(entries);
            }
            own = Some(place);
        } else if holds_any(fields, &changes.modified) || holds_any(fields, &changes.added) {
            return Err(entries);
        }
    }
    match own.and_then(|place| entries[place].as_object_mut()) {
        Some(entry) => {
            entry.insert("time".into(), ctx.now.into());
            Ok(entries)
        }
        None => Err(entries),
    }
}

/// The general case.
fn record(ctx: &ApplyContext<'_>, owners: &mut Vec<Owner>, changes: &Comparison) {
    let written: FieldSet = changes.written();
    owners.retain(|owner| owner.api_version == ctx.api_version);
    let mut this = Owner {
        manager: ctx.manager.to_owned(),
        operation: Operation::Update,
        api_version: ctx.api_version.to_owned(),
        subresource: ctx.subresource.to_owned(),
        time: Some(ctx.now.to_owned()),
        set: written.clone(),
    };
    for owner in owners.iter_mut() {
        owner.set = owner.set.difference(&written).difference(&changes.removed);
    }
    if !this.set.is_empty() {
        if let Some(place) = owners.iter().position(|owner| owner.is(&this)) {
            this.set = this.set.union(&owners.remove(place).set);
        }
        owners.push(this);
    }
    owners.retain(|owner| !owner.set.is_empty());
    cap(owners);
}
