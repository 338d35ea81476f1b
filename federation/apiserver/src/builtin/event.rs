//! Events: stored once as `v1`, shown as `v1` and as `events.k8s.io/v1`.
//!
//! The two versions differ in the names of fields only, so [`View`] renames them at the edge. kube-rs
//! writes the new version, kubectl reads the old one.

use serde_json::{Value, json};

use super::cells;
use super::definitions::Library;
use super::kind::Kind;
use super::parts::{invalid, required, text};
use crate::resource::{Resource, Strategy, View, WriteContext};
use crate::status::FieldError;
use crate::table::since;

/// Upstream's `--event-ttl`.
const TTL_SECONDS: i64 = 3600;

/// Names in `events.k8s.io/v1`, then in `v1`.
const RENAMED: [(&str, &str); 7] = [
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];

/// The stored version.
pub(super) fn core(library: &mut Library) -> Resource {
    columns(Kind::new("", "events", "Event", "io.k8s.api.core.v1.Event"))
        .selectable(&[
            ".involvedObject.apiVersion",
            ".involvedObject.fieldPath",
            ".involvedObject.kind",
            ".involvedObject.name",
            ".involvedObject.namespace",
            ".involvedObject.resourceVersion",
            ".involvedObject.uid",
            ".reason",
            ".reportingComponent",
            ".type",
        ])
        .build(library, Events { view: None })
}

/// The view. Its columns read the stored names: rows are made from stored objects.
pub(super) fn events(library: &mut Library) -> Resource {
    let view = View {
        group: "",
        version: "v1",
        plural: "events",
        to_stored: |event| rename(event, "v1", |(new, old)| (new, old)),
        from_stored: |event| rename(event, "events.k8s.io/v1", |(new, old)| (old, new)),
    };
    columns(Kind::new("events.k8s.io", "events", "Event", "io.k8s.api.events.v1.Event"))
        .selectable(&[
            ".regarding.apiVersion",
            ".regarding.fieldPath",
            ".regarding.kind",
            ".regarding.name",
            ".regarding.namespace",
            ".regarding.resourceVersion",
            ".regarding.uid",
            ".reason",
            ".reportingController",
            ".type",
        ])
        .build(library, Events { view: Some(view) })
}

type Names = (&'static str, &'static str);

fn rename(event: &mut Value, api_version: &str, direction: fn(Names) -> Names) {
    let Some(map) = event.as_object_mut() else { return };
    map.insert("apiVersion".into(), json!(api_version));
    for names in RENAMED {
        let (from, to) = direction(names);
        if let Some(value) = map.remove(from) {
            map.insert(to.into(), value);
        }
    }
}

/// A field under whichever name it has.
fn either<'a>(event: &'a Value, new: &str, old: &str) -> &'a Value {
    event.get(old).or_else(|| event.get(new)).unwrap_or(&Value::Null)
}

fn columns(kind: Kind) -> Kind {
    kind.short(&["ev"])
        .column("Last Seen", "string", "The time at which the most recent occurrence of this event was recorded.", last_seen)
        .column("Type", "string", "Type of this event (Normal, Warning), new types could be added in the future", |e, _| {
            json!(text(&e["type"]))
        })
        .column(
            "Reason",
            "string",
            "This should be a short, machine understandable string that gives the reason for the transition into the \
             object's current status.",
            |e, _| json!(text(&e["reason"])),
        )
        .column("Object", "string", "The object that this event is about.", |e, _| {
            let object = either(e, "regarding", "involvedObject");
            let kind = text(&object["kind"]).to_lowercase();
            let name = text(&object["name"]);
            json!(if name.is_empty() { kind } else { format!("{kind}/{name}") })
        })
        .wide("Subobject", "string", "Part of the object that this event is about.", |e, _| {
            json!(text(&either(e, "regarding", "involvedObject")["fieldPath"]))
        })
        .wide("Source", "string", "The component reporting this event. Should be a short machine understandable string.", source)
        .column("Message", "string", "A human-readable description of the status of this operation.", |e, _| {
            json!(text(either(e, "note", "message")).trim())
        })
        .wide("First Seen", "string", "The time at which the event was first recorded.", |e, now| json!(first(e, now)))
        .wide("Count", "string", "The number of times this event has occurred.", |e, _| {
            let count = either(e, "deprecatedCount", "count").as_i64().filter(|n| *n > 0).unwrap_or(1);
            json!(e["series"]["count"].as_i64().unwrap_or(count))
        })
        .wide("Name", "string", "Name must be unique within a namespace.", cells::name)
}

fn time<'a>(event: &'a Value, new: &str, old: &str) -> Option<&'a str> {
    either(event, new, old).as_str().filter(|text| !text.is_empty())
}

fn first(event: &Value, now: i64) -> String {
    let first = time(event, "deprecatedFirstTimestamp", "firstTimestamp");
    since(first.or_else(|| event["eventTime"].as_str()), now)
}

fn last_seen(event: &Value, now: i64) -> Value {
    json!(match (&event["series"], time(event, "deprecatedLastTimestamp", "lastTimestamp")) {
        (Value::Object(series), _) => since(series.get("lastObservedTime").and_then(Value::as_str), now),
        (_, Some(last)) => since(Some(last), now),
        (_, None) => first(event, now),
    })
}

fn source(event: &Value, _now: i64) -> Value {
    let source = either(event, "deprecatedSource", "source");
    let pick =
        |a: &Value, b: &Value| if text(a).is_empty() { text(b).to_owned() } else { text(a).to_owned() };
    let component = pick(&source["component"], either(event, "reportingController", "reportingComponent"));
    let host = pick(&source["host"], &event["reportingInstance"]);
    json!(if host.is_empty() { component } else { format!("{component}, {host}") })
}

struct Events {
    view: Option<View>,
}

impl Strategy for Events {
    fn validate(&self, _ctx: &WriteContext, event: &Value, _old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let namespace = text(&event["metadata"]["namespace"]);
        let (name, about) = match event.get("regarding") {
            Some(regarding) => ("regarding", regarding),
            None => ("involvedObject", &event["involvedObject"]),
        };
        // Events about cluster-scoped objects live in `default`, and in `kube-system` for old clients.
        let own = text(&about["namespace"]);
        let fits =
            if own.is_empty() { matches!(namespace, "default" | "kube-system") } else { own == namespace };
        if !fits {
            let why = "does not match event.namespace";
            errors.push(invalid(format!("{name}.namespace"), &json!(own), why));
        }
        // Only events of the new style, told by their time, must say who reports.
        if event["eventTime"].is_string() {
            if text(either(event, "reportingController", "reportingComponent")).is_empty() {
                errors.push(required("reportingController", ""));
            }
            if text(&event["reportingInstance"]).is_empty() {
                errors.push(required("reportingInstance", ""));
            }
            for field in ["action", "reason"] {
                if text(&event[field]).is_empty() {
                    errors.push(required(field, ""));
                }
            }
        }
        errors
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn ttl_seconds(&self) -> Option<i64> {
        Some(TTL_SECONDS)
    }

    fn view(&self) -> Option<View> {
        self.view
    }
}
