//! The way from `kubectl apply` to `kubectl apply --server-side`.
//!
//! Client-side apply leaves its configuration in an annotation. What it set there and what still
//! stands as it set it, `kubectl` may take over without a conflict; later the annotation follows what
//! is applied, so that a step back to client-side apply finds its base.

use serde_json::Value;

use super::compare::compare;
use super::conflict::Conflict;
use super::extract::field_set;
use super::fieldset::FieldSet;
use crate::schema::Schema;
use crate::schema::metadata::TOTAL_ANNOTATION_SIZE;

/// The annotation of client-side apply.
pub(super) const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The manager that `kubectl apply --server-side` uses; others opt out of the migration.
const KUBECTL: &str = "kubectl";

/// Whether `manager` may take all of `conflicts` over because client-side apply owned them. What is
/// left to refuse comes back.
pub(super) fn not_allowed(
    manager: &str,
    conflicts: Vec<Conflict>,
    live: &Value,
    api_version: &str,
    schema: &Schema,
) -> Vec<Conflict> {
    if manager != KUBECTL {
        return conflicts;
    }
    let Some(allowed) = allowed(live, api_version, schema) else { return conflicts };
    conflicts
        .into_iter()
        .map(|conflict| Conflict { set: conflict.set.difference(&allowed), ..conflict })
        .filter(|conflict| !conflict.set.is_empty())
        .collect()
}

fn annotation(object: &Value) -> Option<&str> {
    object.get("metadata")?.get("annotations")?.get(ANNOTATION)?.as_str().filter(|text| !text.is_empty())
}

fn allowed(live: &Value, api_version: &str, schema: &Schema) -> Option<FieldSet> {
    let applied: Value = serde_json::from_str(annotation(live)?).ok()?;
    if applied.get("apiVersion").and_then(Value::as_str) != Some(api_version) {
        return None;
    }
    let set = field_set(&applied, schema).ok()?;
    let changed = compare(schema.at(), &applied, live);
    Some(set.difference(&changed.modified).difference(&changed.added).difference(&changed.removed))
}

/// Writes `config` into the annotation of `object`, if `kubectl` applied it and the annotation is there.
pub(super) fn follow(manager: &str, object: &mut Value, config: &Value) {
    if manager != KUBECTL || annotation(object).is_none() {
        return;
    }
    let mut config = config.clone();
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION);
    }
    let text = format!("{config}\n");
    let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) else {
        return;
    };
    annotations.insert(ANNOTATION.to_owned(), text.into());
    let size: usize =
        annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > TOTAL_ANNOTATION_SIZE {
        annotations.remove(ANNOTATION);
    }
}
