//! Cells that several built-in kinds share.

use serde_json::{Value, json};

use super::parts::{len, list, text};
use crate::table;

/// The age of the object.
pub(super) fn age(object: &Value, now: i64) -> Value {
    json!(table::since(object["metadata"]["creationTimestamp"].as_str(), now))
}

/// The name, for kinds that do not show it first.
pub(super) fn name(object: &Value, _now: i64) -> Value {
    object["metadata"]["name"].clone()
}

/// How many entries `data` (and `binaryData`) have.
pub(super) fn data_count(object: &Value, _now: i64) -> Value {
    json!(len(&object["data"]) + len(&object["binaryData"]))
}

/// A text, or `<none>`.
pub(super) fn or_none(text: &str) -> Value {
    json!(if text.is_empty() { "<none>" } else { text })
}

/// `a=b,c=d` of a map of labels, or `<none>`.
pub(super) fn labels(labels: &Value) -> Value {
    let pairs: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or("")))
        .collect();
    or_none(&pairs.join(","))
}

/// A label selector as kubectl writes it: `app=shop,tier in (a,b),!old`.
pub(super) fn selector(selector: &Value) -> Value {
    let mut parts: Vec<String> = selector["matchLabels"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or("")))
        .collect();
    for rule in list(&selector["matchExpressions"]) {
        let key = text(&rule["key"]);
        let mut values: Vec<&str> = list(&rule["values"]).iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        parts.push(match text(&rule["operator"]) {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    or_none(&parts.join(","))
}

/// Names, or images, of a list of containers.
pub(super) fn containers(containers: &Value, field: &str) -> Value {
    let texts: Vec<&str> = list(containers).iter().map(|c| text(&c[field])).collect();
    json!(texts.join(","))
}
