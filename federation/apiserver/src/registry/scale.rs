//! `/scale`: autoscaling/v1 Scale over the paths that the kind declares.

use bytes::Bytes;
use serde_json::{Value, json};

use super::meta;
use super::modify::{Managed, modify};
use super::patch::Patch;
use super::request::{Reply, Write, Written};
use crate::cache::scan::split_path;
use crate::decode;
use crate::http::incoming::Encoding;
use crate::resource::{Resource, ScalePaths};
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// The Scale of a live object that carries its resourceVersion.
pub(crate) fn get(resource: &Resource, live: &Value) -> ApiResult<Value> {
    let paths = paths(resource)?;
    let number = |path: &str| at(live, path).and_then(Value::as_i64).unwrap_or(0);
    let mut status = json!({ "replicas": number(&paths.status_replicas) });
    if let Some(selector) = paths.label_selector.as_deref().and_then(|path| at(live, path)) {
        status["selector"] = selector_text(selector).into();
    }
    let mut metadata = serde_json::Map::new();
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = meta::meta(live).get(field) {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    Ok(json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": { "replicas": number(&paths.spec_replicas) },
        "status": status,
    }))
}

/// PUT of a Scale.
pub(super) async fn update(write: &Write, encoding: Encoding, bytes: &Bytes) -> ApiResult<Written> {
    let scale = match encoding {
        Encoding::Json => decode::json(bytes)?.value,
        Encoding::Yaml => decode::yaml(bytes)?.value,
        Encoding::Protobuf => {
            const WHY: &str = "a Scale is accepted as application/json or application/yaml";
            return Err(ApiError::unsupported_media_type(WHY));
        }
    };
    change(write, &|_| Ok(scale.clone())).await
}

/// PATCH of a Scale.
pub(super) async fn patch(write: &Write, patch: &Patch) -> ApiResult<Written> {
    let resource = &write.kind.resource;
    change(write, &|live| {
        let mut scale = get(resource, live)?;
        patch.apply(&mut scale, resource)?;
        Ok(scale)
    })
    .await
}

async fn change(write: &Write, scale: &(dyn Fn(&Value) -> ApiResult<Value> + Sync)) -> ApiResult<Written> {
    let resource = &write.kind.resource;
    let paths = paths(resource)?;
    let apply = |live: &Value| {
        let scale = scale(live)?;
        let given = meta::text(&scale, "name");
        if given != write.name {
            let name = &write.name;
            let text =
                format!("the name of the object ({given}) does not match the name on the URL ({name})");
            return Err(ApiError::bad_request(text));
        }
        let replicas = replicas(write, &scale)?;
        let mut new = live.clone();
        for field in ["resourceVersion", "uid"] {
            if let Some(value) = meta::meta(&scale).get(field).filter(|v| v.as_str() != Some("")) {
                meta::set(&mut new, field, Some(value.clone()));
            }
        }
        put_at(&mut new, &paths.spec_replicas, replicas.into());
        Ok((new, Vec::new()))
    };
    let mut written = modify(write, Managed::Record, &apply).await?;
    if let Reply::Object { value, revision, .. } = &written.reply {
        let mut object: Value = serde_json::from_slice(value).map_err(ApiError::internal)?;
        meta::set(&mut object, "resourceVersion", Some(revision.to_string().into()));
        written.reply = Reply::Document(get(resource, &object)?);
    }
    Ok(written)
}

fn replicas(write: &Write, scale: &Value) -> ApiResult<i64> {
    let value = scale.pointer("/spec/replicas").cloned().unwrap_or_else(|| 0.into());
    match value.as_i64() {
        Some(replicas) if replicas >= 0 && i32::try_from(replicas).is_ok() => Ok(replicas),
        _ => {
            const WHY: &str = "must be a whole number from 0 to 2147483647";
            let error =
                FieldError::new(FieldErrorKind::Invalid, "spec.replicas", WHY).shown(value.to_string());
            Err(ApiError::invalid("autoscaling", "Scale", &write.name, &[error]))
        }
    }
}

fn paths(resource: &Resource) -> ApiResult<&ScalePaths> {
    resource.subresources.scale.as_ref().ok_or_else(ApiError::no_route)
}

fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    split_path(path).iter().try_fold(object, |value, part| value.get(part))
}

fn put_at(object: &mut Value, path: &str, value: Value) {
    let mut slot = object;
    for part in split_path(path) {
        if !slot.is_object() {
            *slot = json!({});
        }
        slot = &mut slot[part];
    }
    *slot = value;
}

/// A label selector as text: a string stays, a LabelSelector is rendered as `kubectl` would write it.
pub(super) fn selector_text(selector: &Value) -> String {
    if let Some(text) = selector.as_str() {
        return text.to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    for (key, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        parts.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    for rule in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| rule.get(field).and_then(Value::as_str).unwrap_or_default();
        let values = rule.get("values").and_then(Value::as_array).into_iter().flatten();
        let values = values.filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        parts.push(match text("operator") {
            "In" => format!("{} in ({values})", text("key")),
            "NotIn" => format!("{} notin ({values})", text("key")),
            "DoesNotExist" => format!("!{}", text("key")),
            _ => text("key").to_owned(),
        });
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_written() {
        let mut object = json!({"spec": {"replicas": 2}});
        assert_eq!(at(&object, ".spec.replicas"), Some(&json!(2)));
        put_at(&mut object, ".spec.sub.replicas", json!(3));
        assert_eq!(object, json!({"spec": {"replicas": 2, "sub": {"replicas": 3}}}));
    }

    #[test]
    fn selectors_read_as_text() {
        let selector = json!({
            "matchLabels": {"app": "shop"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        });
        assert_eq!(selector_text(&selector), "app=shop,tier in (a,b),!old");
        assert_eq!(selector_text(&json!("a=b")), "a=b");
    }
}
