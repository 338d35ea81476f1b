//! Server-side apply of one configuration.

use serde_json::{Value, json};

use super::ApplyContext;
use super::compare::compare;
use super::conflict::{self, Conflict};
use super::extract::field_set;
use super::fieldset::FieldSet;
use super::last_applied;
use super::managed::{self, Operation, Owner};
use super::merge::merge;
use super::prune::prune;
use crate::schema::Schema;
use crate::status::{ApiError, ApiResult};

/// The manager of fields that were there before anybody was recorded.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Applies `config` to `live` (`None` creates) and returns the whole new object, `managedFields`
/// included. An apply that changes nothing keeps the times, so that the result equals `live`.
///
/// # Errors
/// - 400: `metadata.managedFields` in the configuration, another version than the request's, a
///   configuration whose lists repeat a key or miss one.
/// - 409 `Conflict` with a `FieldManagerConflict` cause per field that another manager owns with
///   another value, unless `force`.
pub fn apply(
    ctx: &ApplyContext<'_>,
    live: Option<&Value>,
    config: &Value,
    schema: &Schema,
) -> ApiResult<Value> {
    check(ctx, config)?;
    let at = schema.at();
    let set = field_set(config, schema).map_err(|why| {
        ApiError::bad_request(format!("failed to create typed patch object ({}): {why}", name_of(config)))
    })?;

    let mut old = live.cloned().unwrap_or_else(|| json!({}));
    managed::take_entries(&mut old);
    let mut owners = owners_of(ctx, live, &old, schema);

    let this = Owner {
        manager: ctx.manager.to_owned(),
        operation: Operation::Apply,
        api_version: ctx.api_version.to_owned(),
        subresource: ctx.subresource.to_owned(),
        time: None,
        set: ctx.reset.filter(set),
    };
    let last = owners.iter().position(|owner| owner.is(&this)).map(|place| owners.remove(place));

    let mut new = old.clone();
    merge(Some(at), &mut new, config);
    if let Some(last) = &last {
        let managed = owners.iter().fold(this.set.clone(), |all, owner| all.union(&owner.set));
        prune(at, &mut new, &last.set, &managed);
    }

    let changes = ctx.reset.filter_all(compare(at, &old, &new));
    let written = changes.written();
    if !ctx.force {
        refuse_conflicts(ctx, &owners, &written, &old, schema)?;
    }
    for owner in &mut owners {
        owner.set = owner.set.difference(&written).difference(&changes.removed);
    }

    last_applied::follow(ctx.manager, &mut new, config);
    let mut this = this;
    this.time = match last {
        Some(last) if last.set == this.set && last.api_version == this.api_version && new == old => last.time,
        _ => Some(ctx.now.to_owned()),
    };
    owners.push(this);
    managed::encode(&mut new, &owners);
    Ok(new)
}

/// `namespace/name; group/version, Kind=K` of an object, as upstream names it in this place.
fn name_of(object: &Value) -> String {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let version = text("/apiVersion");
    let slash = if version.contains('/') { "" } else { "/" };
    format!(
        "{}/{}; {slash}{version}, Kind={}",
        text("/metadata/namespace"),
        text("/metadata/name"),
        text("/kind")
    )
}

fn check(ctx: &ApplyContext<'_>, config: &Value) -> ApiResult<()> {
    if !config.is_object() {
        return Err(ApiError::bad_request("the configuration to apply must be an object"));
    }
    let version = config.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if version != ctx.api_version {
        return Err(ApiError::bad_request(format!(
            "Incorrect version specified in apply patch. Specified patch version: {version}, expected: {}",
            ctx.api_version
        )));
    }
    if config.pointer("/metadata/managedFields").is_some_and(|entries| !entries.is_null()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    Ok(())
}

/// The recorded owners of the live object; where there are none, one that owns all there is.
fn owners_of(ctx: &ApplyContext<'_>, live: Option<&Value>, old: &Value, schema: &Schema) -> Vec<Owner> {
    let mut owners = managed::decode(managed::entries(live)).unwrap_or_default();
    if owners.is_empty() && live.is_some() {
        let all = compare(schema.at(), &json!({}), old);
        owners.push(Owner {
            manager: BEFORE_FIRST_APPLY.to_owned(),
            operation: Operation::Update,
            api_version: ctx.api_version.to_owned(),
            subresource: ctx.subresource.to_owned(),
            time: Some(ctx.now.to_owned()),
            set: ctx.reset.filter(all.added),
        });
    }
    owners.retain(|owner| owner.api_version == ctx.api_version);
    owners
}

fn refuse_conflicts(
    ctx: &ApplyContext<'_>,
    owners: &[Owner],
    written: &FieldSet,
    live: &Value,
    schema: &Schema,
) -> ApiResult<()> {
    let lost = |owner: &Owner| Conflict { owner: owner.clone(), set: owner.set.intersection(written) };
    let conflicts: Vec<Conflict> =
        owners.iter().map(lost).filter(|conflict| !conflict.set.is_empty()).collect();
    if conflicts.is_empty() {
        return Ok(());
    }
    let refused = last_applied::not_allowed(ctx.manager, conflicts, live, ctx.api_version, schema);
    if refused.is_empty() { Ok(()) } else { Err(conflict::error(&refused)) }
}
