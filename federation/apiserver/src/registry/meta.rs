//! The fields of `metadata` that the server reads and writes itself.

use serde_json::{Map, Value};

/// `metadata` of an object; empty when it is missing or no object.
pub(crate) fn meta(object: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    object.get("metadata").and_then(Value::as_object).unwrap_or(&NONE)
}

/// `metadata` to write into, made when it is missing. `object` must be a JSON object, or nothing happens to it.
pub(crate) fn meta_mut(object: &mut Value) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let slot = &mut object["metadata"];
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(map) => map,
        _ => unreachable!("it was made an object above"),
    }
}

/// A text of `metadata`; empty when it is missing.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    meta(object).get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Writes a field of `metadata`, or removes it.
pub(crate) fn set(object: &mut Value, field: &str, value: Option<Value>) {
    let meta = meta_mut(object);
    match value {
        Some(value) => drop(meta.insert(field.to_owned(), value)),
        None => drop(meta.remove(field)),
    }
}

/// `metadata.generation`, 0 when it is missing.
pub(crate) fn generation(object: &Value) -> i64 {
    meta(object).get("generation").and_then(Value::as_i64).unwrap_or(0)
}

/// The finalizers.
pub(crate) fn finalizers(object: &Value) -> impl Iterator<Item = &str> {
    meta(object).get("finalizers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether the object is being deleted.
pub(crate) fn deleting(object: &Value) -> bool {
    meta(object).get("deletionTimestamp").is_some_and(|time| !time.is_null())
}

/// Takes the resourceVersion out and returns it; empty when there was none.
pub(crate) fn take_version(object: &mut Value) -> String {
    match meta_mut(object).remove("resourceVersion") {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Drops what is empty: upstream never writes an empty map or list of metadata. `managedFields` are not among
/// them, an empty list of those asks for a reset.
pub(crate) fn drop_empty(object: &mut Value) {
    let meta = meta_mut(object);
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let empty = match meta.get(field) {
            Some(Value::Object(map)) => map.is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            Some(other) => other.is_null(),
            None => false,
        };
        if empty {
            meta.remove(field);
        }
    }
}

/// Whether everything but `metadata` and (when `without_status`) `status` is the same.
pub(crate) fn same_spec(a: &Value, b: &Value, without_status: bool) -> bool {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return a == b };
    let counts = |key: &str| key != "metadata" && !(without_status && key == "status");
    let mut keys = a.keys().chain(b.keys()).filter(|key| counts(key));
    keys.all(|key| a.get(key) == b.get(key))
}

/// Whether a write would change nothing but the times in managedFields: then nothing is written.
pub(crate) fn is_noop(new: &Value, old: &Value) -> bool {
    if new == old {
        return true;
    }
    let (n, o) = (meta(new), meta(old));
    let keys =
        |m: &Map<String, Value>| m.keys().filter(|k| *k != "managedFields").cloned().collect::<Vec<_>>();
    keys(n) == keys(o)
        && n.iter().all(|(key, value)| key == "managedFields" || o.get(key) == Some(value))
        && same_spec(new, old, false)
        && same_managers(n.get("managedFields"), o.get("managedFields"))
}

fn same_managers(a: Option<&Value>, b: Option<&Value>) -> bool {
    let list = |v: Option<&Value>| v.and_then(Value::as_array).cloned().unwrap_or_default();
    let (a, b) = (list(a), list(b));
    a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| {
            let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return a == b };
            a.keys().chain(b.keys()).filter(|key| *key != "time").all(|key| a.get(key) == b.get(key))
        })
}

/// A time as the API writes it, with whole seconds.
pub(crate) fn time(unix_seconds: i64) -> Value {
    jiff::Timestamp::from_second(unix_seconds).map(|t| t.to_string()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_write_that_only_moves_times_is_none() {
        let object = |time: &str, manager: &str, label: &str| json!({"metadata": {"name": "a", "labels": {"l": label}, "managedFields": [{"manager": manager, "time": time}]}, "spec": 1});
        let old = object("1", "m", "x");
        assert!(is_noop(&object("2", "m", "x"), &old));
        assert!(!is_noop(&object("1", "n", "x"), &old));
        assert!(!is_noop(&object("1", "m", "y"), &old));
        assert!(!is_noop(&json!({"metadata": {"name": "a"}, "spec": 1}), &old));
        assert!(!is_noop(&json!({"metadata": old["metadata"], "spec": 2}), &old));
    }

    #[test]
    fn the_spec_is_all_but_metadata_and_status() {
        let a = json!({"metadata": 1, "spec": {"x": 1}, "status": 1, "data": 1});
        assert!(same_spec(&a, &json!({"metadata": 2, "spec": {"x": 1}, "status": 2, "data": 1}), true));
        assert!(!same_spec(&a, &json!({"metadata": 2, "spec": {"x": 1}, "status": 2, "data": 1}), false));
        assert!(!same_spec(&a, &json!({"metadata": 1, "spec": {"x": 1}, "status": 1}), true));
    }

    #[test]
    fn empty_metadata_is_dropped() {
        let mut object = json!({"metadata": {"labels": {}, "annotations": {"a": ""}, "finalizers": [], "ownerReferences": null, "managedFields": []}});
        drop_empty(&mut object);
        assert_eq!(object, json!({"metadata": {"annotations": {"a": ""}, "managedFields": []}}));
    }

    #[test]
    fn times_have_whole_seconds() {
        assert_eq!(time(1_700_000_000), json!("2023-11-14T22:13:20Z"));
    }
}
