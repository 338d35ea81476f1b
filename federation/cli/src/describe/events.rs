//! The events about an object, oldest first.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::Value;

use super::text;
use crate::failure::{Attempt, Failure};
use crate::hub::Hub;
use crate::table::Table;
use crate::time::age;

/// Reads them. Events about objects of cluster scope are in namespace `default`.
pub(super) async fn about(hub: &Hub, object: &Value) -> Result<Vec<Event>, Failure> {
    let namespace = match text(object, "/metadata/namespace") {
        "" => "default",
        namespace => namespace,
    };
    let api: Api<Event> = Api::namespaced(hub.client.clone(), namespace);
    let selector = format!(
        "involvedObject.name={},involvedObject.kind={}",
        text(object, "/metadata/name"),
        text(object, "/kind")
    );
    let found = api.list(&ListParams::default().fields(&selector)).await;
    let found = found.attempt(|| format!("list events about {}", text(object, "/metadata/name")))?;
    let uid = text(object, "/metadata/uid");
    let mut events: Vec<Event> = found.items;
    // One of the same name that is gone is another object.
    events.retain(|event| event.involved_object.uid.as_deref().is_none_or(|of| of.is_empty() || of == uid));
    events.sort_by_key(seen);
    Ok(events)
}

/// When it was seen last.
fn seen(event: &Event) -> Option<Timestamp> {
    let series =
        event.series.as_ref().and_then(|series| series.last_observed_time.as_ref().map(|time| time.0));
    series
        .or(event.last_timestamp.as_ref().map(|time| time.0))
        .or(event.event_time.as_ref().map(|time| time.0))
        .or(event.metadata.creation_timestamp.as_ref().map(|time| time.0))
}

/// As a table.
pub(super) fn lines(events: &[Event], now: Timestamp) -> Vec<String> {
    if events.is_empty() {
        return vec!["Events:       <none>".into()];
    }
    let mut table = Table::new(["  TYPE", "REASON", "AGE", "FROM", "MESSAGE"]);
    for event in events {
        let count = event.count.filter(|count| *count > 1).map(|count| format!(" (x{count})"));
        let from = event.source.as_ref().and_then(|source| source.component.clone());
        table.row([
            format!("  {}", event.type_.as_deref().unwrap_or_default()),
            event.reason.clone().unwrap_or_default(),
            seen(event).map_or_else(String::new, |then| age(then, now)) + &count.unwrap_or_default(),
            event.reporting_component.clone().filter(|name| !name.is_empty()).or(from).unwrap_or_default(),
            event.message.clone().unwrap_or_default(),
        ]);
    }
    let mut lines = vec!["Events:".to_owned()];
    lines.extend(table.lines());
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_say_how_often_and_when() {
        let event: Event = serde_json::from_value(json!({
            "metadata": {"name": "shop.1"}, "involvedObject": {"name": "shop"}, "type": "Warning",
            "reason": "NoWeight", "message": "all weights are 0", "count": 3,
            "lastTimestamp": "2026-01-01T00:00:00Z", "source": {"component": "cafefed-hub"},
        }))
        .unwrap();
        let now = "2026-01-01T00:01:00Z".parse().unwrap();
        let lines = lines(&[event], now);
        assert_eq!(lines[2], "  Warning   NoWeight   60s (x3)   cafefed-hub   all weights are 0");
    }
}
