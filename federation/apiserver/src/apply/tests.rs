//! Apply and update over a schema with every list and map type.

mod appliers;
mod laws;
mod migration;
mod updaters;

use serde_json::{Value, json};

use super::strategies::schema;
use super::{ApplyContext, ResetFields, apply, update};
use crate::status::ApiError;

const T0: &str = "2026-11-24T10:00:00Z";
const T1: &str = "2026-11-24T10:00:01Z";
const T2: &str = "2026-11-24T10:00:02Z";

fn ctx<'a>(manager: &'a str, now: &'a str) -> ApplyContext<'a> {
    ApplyContext {
        manager,
        force: false,
        api_version: "v1",
        now,
        subresource: "",
        reset: ResetFields::Status,
    }
}

fn thing(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x", "uid": "u"}, "spec": spec})
}

fn applied(manager: &str, live: Option<&Value>, spec: Value) -> Result<Value, ApiError> {
    apply(&ctx(manager, T0), live, &thing(spec), &schema())
}

fn must_apply(manager: &str, live: Option<&Value>, spec: Value) -> Value {
    applied(manager, live, spec).expect("no conflict")
}

fn forced(manager: &str, live: &Value, spec: Value) -> Value {
    let ctx = ApplyContext { force: true, ..ctx(manager, T1) };
    apply(&ctx, Some(live), &thing(spec), &schema()).expect("forced")
}

/// Writes `spec` over `live` as a PUT does that kept the metadata.
fn updated(manager: &str, now: &str, live: Option<&Value>, spec: Value) -> Value {
    let mut new = live.cloned().unwrap_or_else(|| thing(json!({})));
    new["spec"] = spec;
    update(&ctx(manager, now), live, &mut new, &schema());
    new
}

fn fields<'a>(object: &'a Value, manager: &str, operation: &str) -> &'a Value {
    object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry["manager"] == manager && entry["operation"] == operation)
        .map_or(&Value::Null, |entry| &entry["fieldsV1"])
}

fn time<'a>(object: &'a Value, manager: &str) -> &'a str {
    object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry["manager"] == manager)
        .and_then(|entry| entry["time"].as_str())
        .unwrap_or_default()
}

fn without_record(object: &Value) -> Value {
    let mut object = object.clone();
    super::managed::take_entries(&mut object);
    object
}
