//! Strategic merge patch as kubectl makes it for built-in kinds
//! (`apimachinery/pkg/util/strategicpatch`).
//!
//! Lists merge by the keys of the schema; `$patch`, `$setElementOrder/x`,
//! `$deleteFromPrimitiveList/x` and `$retainKeys` direct the merge and never reach the object.

use serde_json::{Map, Value};

use super::order::{Identity, order};
use crate::schema::{At, Schema};
use crate::status::{ApiError, ApiResult};

const PATCH: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

/// Merges `patch` into `target` by the merge keys in `schema`.
///
/// # Errors
/// 400 for a malformed directive or a list item without its merge key. `target` is unusable then.
pub fn strategic_merge(target: &mut Value, patch: Value, schema: &Schema) -> ApiResult<()> {
    let Value::Object(patch) = patch else {
        return Err(ApiError::bad_request("a strategic merge patch must be an object"));
    };
    merge_value(target, patch, Some(schema.at()))
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::bad_request(message)
}

fn merge_value(target: &mut Value, patch: Map<String, Value>, at: Option<At<'_>>) -> ApiResult<()> {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    match target {
        Value::Object(map) => merge_map(map, patch, at),
        _ => Ok(()),
    }
}

fn merge_map(
    target: &mut Map<String, Value>,
    mut patch: Map<String, Value>,
    at: Option<At<'_>>,
) -> ApiResult<()> {
    if let Some(directive) = patch.remove(PATCH) {
        match directive.as_str() {
            Some("replace") => *target = patch,
            Some("delete") => target.clear(),
            Some("merge") => return merge_map(target, patch, at),
            _ => {
                return Err(bad(format!(
                    "unknown patch type found: {directive}; use replace, delete or merge"
                )));
            }
        }
        return Ok(());
    }
    retain_keys(target, &mut patch)?;
    merge_ordered(target, &mut patch, at)?;
    for (key, value) in patch {
        if let Some(name) = key.strip_prefix(DELETE) {
            delete_primitives(target, name, value)?;
        } else {
            merge_field(target, key, value, at)?;
        }
    }
    Ok(())
}

/// `$retainKeys`: fields of the target that it does not name go; all of the patch must be named.
fn retain_keys(target: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> ApiResult<()> {
    let Some(keep) = patch.remove(RETAIN) else { return Ok(()) };
    let Value::Array(keep) = keep else {
        return Err(bad("$retainKeys must be a list of field names"));
    };
    let named = |key: &str| keep.iter().any(|name| name == key);
    if let Some(extra) =
        patch.iter().find(|(key, value)| !value.is_null() && !key.starts_with('$') && !named(key))
    {
        return Err(bad(format!("$retainKeys must name every field of the patch, {:?} is missing", extra.0)));
    }
    target.retain(|key, _| named(key));
    Ok(())
}

/// `$setElementOrder/x`: merges list `x` and puts it in the given order.
fn merge_ordered(
    target: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    at: Option<At<'_>>,
) -> ApiResult<()> {
    let names: Vec<String> =
        patch.keys().filter_map(|key| key.strip_prefix(ORDER)).map(str::to_owned).collect();
    for name in names {
        let Some(Value::Array(wanted)) = patch.remove(&format!("{ORDER}{name}")) else {
            return Err(bad(format!("{ORDER}{name} must be a list")));
        };
        let field = at.and_then(|at| at.child(&name));
        let key = field.and_then(merge_key);
        let identity = key.as_deref().map_or(Identity::Value, Identity::Key);
        let before = server_order(target.get(&name), patch.get(&name), identity);
        if let Some(dropped) = patch.remove(&format!("{DELETE}{name}")) {
            delete_primitives(target, &name, dropped)?;
        }
        if let Some(value) = patch.remove(&name) {
            merge_field(target, name.clone(), value, at)?;
        }
        let Some(Value::Array(items)) = target.get_mut(&name) else { continue };
        if key.is_none() && items.iter().any(Value::is_object) {
            continue;
        }
        *items = order(std::mem::take(items), &wanted, &before, identity);
    }
    Ok(())
}

/// The order of the list before the merge. New items take the places that deleted ones leave, as
/// upstream has it.
fn server_order(old: Option<&Value>, patch: Option<&Value>, identity: Identity<'_>) -> Vec<Value> {
    let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (mut old, patch) = (items(old), items(patch));
    let places = old.len();
    let (deleted, plain): (Vec<Value>, Vec<Value>) =
        patch.into_iter().partition(|item| item.get(PATCH).is_some_and(|directive| directive == "delete"));
    old.retain(|item| identity.position(&deleted, item).is_none());
    let free = places - old.len();
    let new: Vec<Value> = plain.into_iter().filter(|item| identity.position(&old, item).is_none()).collect();
    old.extend(new.into_iter().take(free));
    old
}

fn delete_primitives(target: &mut Map<String, Value>, name: &str, dropped: Value) -> ApiResult<()> {
    let Value::Array(dropped) = dropped else {
        return Err(bad(format!("{DELETE}{name} must be a list")));
    };
    if let Some(Value::Array(items)) = target.get_mut(name) {
        items.retain(|item| !dropped.contains(item));
    }
    Ok(())
}

fn merge_field(
    target: &mut Map<String, Value>,
    key: String,
    value: Value,
    at: Option<At<'_>>,
) -> ApiResult<()> {
    let field = at.and_then(|at| at.child(&key));
    match (target.get_mut(&key), value) {
        (_, Value::Null) => {
            target.remove(&key);
        }
        (Some(old @ Value::Object(_)), Value::Object(patch)) => {
            if patch.get(PATCH).and_then(Value::as_str) == Some("delete") {
                target.remove(&key);
            } else {
                merge_value(old, patch, field)?;
            }
        }
        (Some(Value::Array(old)), Value::Array(patch)) => {
            *old = match field.filter(|field| field.patch.merge) {
                Some(field) => merge_list(std::mem::take(old), patch, field)?,
                None => without_directives_list(patch),
            };
        }
        (_, value) => {
            if let Some(value) = without_directives(value) {
                target.insert(key, value);
            } else {
                target.remove(&key);
            }
        }
    }
    Ok(())
}

fn merge_key(at: At<'_>) -> Option<String> {
    at.patch.merge_key.as_deref().filter(|_| at.patch.merge).map(str::to_owned)
}

fn merge_list(old: Vec<Value>, patch: Vec<Value>, at: At<'_>) -> ApiResult<Vec<Value>> {
    let objects = old.iter().chain(&patch).any(Value::is_object);
    if !objects {
        let mut merged = Vec::with_capacity(old.len() + patch.len());
        for item in old.iter().chain(&patch) {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        return Ok(order(merged, &patch, &old, Identity::Value));
    }
    let Some(key) = merge_key(at) else {
        return Err(bad("cannot merge lists without merge key"));
    };
    merge_objects(old, patch, at, &key)
}

fn merge_objects(mut old: Vec<Value>, patch: Vec<Value>, at: At<'_>, key: &str) -> ApiResult<Vec<Value>> {
    let identity = Identity::Key(key);
    let mut replace = false;
    let mut plain = Vec::new();
    for item in patch {
        match item.get(PATCH).map(|directive| directive.as_str().unwrap_or_default()) {
            None => plain.push(item),
            Some("delete") => {
                let wanted = item.get(key).ok_or_else(|| no_key(&item, key))?;
                old.retain(|candidate| candidate.get(key) != Some(wanted));
            }
            Some("replace") => replace = true,
            Some(other) => {
                return Err(bad(format!(
                    "unknown patch type found: {other:?} in a list item; use delete or replace"
                )));
            }
        }
    }
    if replace {
        return Ok(plain.into_iter().filter_map(without_directives).collect());
    }
    let wanted: Vec<Value> = plain.iter().map(|item| one_key(item, key)).collect();
    let before: Vec<Value> = old.iter().map(|item| one_key(item, key)).collect();
    for item in plain {
        if item.get(key).is_none() {
            return Err(no_key(&item, key));
        }
        match (identity.position(&old, &item), item) {
            (Some(place), Value::Object(patch)) => merge_value(&mut old[place], patch, at.item())?,
            (_, item) => old.extend(without_directives(item)),
        }
    }
    Ok(order(old, &wanted, &before, identity))
}

fn one_key(item: &Value, key: &str) -> Value {
    let mut map = Map::new();
    if let Some(value) = item.get(key) {
        map.insert(key.to_owned(), value.clone());
    }
    Value::Object(map)
}

fn no_key(item: &Value, key: &str) -> ApiError {
    bad(format!("map: {item} does not contain declared merge key: {key}"))
}

/// A value that is taken as it is: its directives and nulls mean nothing to an object. `None` when a
/// directive deletes it.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(mut map) => {
            if map.remove(PATCH).is_some_and(|directive| directive == "delete") {
                return None;
            }
            let kept = map
                .into_iter()
                .filter(|(key, value)| {
                    !value.is_null() && key != RETAIN && !key.starts_with(ORDER) && !key.starts_with(DELETE)
                })
                .filter_map(|(key, value)| without_directives(value).map(|value| (key, value)))
                .collect();
            Some(Value::Object(kept))
        }
        Value::Array(items) => Some(Value::Array(without_directives_list(items))),
        other => Some(other),
    }
}

fn without_directives_list(items: Vec<Value>) -> Vec<Value> {
    items.into_iter().filter_map(without_directives).collect()
}
