//! Small readings and edits of JSON objects that every strategy needs. Reading never fails: what is
//! missing or of another type reads as empty, as it does in Go's zero values.

use serde_json::{Map, Value, json};

use crate::resource::{Endpoint, WriteContext};
use crate::status::{FieldError, FieldErrorKind};

/// The text of a value; empty when it has none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// The items of a list; none when it is no list.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Entries of an object or items of a list.
pub(super) fn len(value: &Value) -> usize {
    value.as_object().map_or_else(|| list(value).len(), Map::len)
}

/// The object at `key`, made when it is not there or null. `None` when it, or `value`, is something else.
pub(super) fn child<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    let slot = value.as_object_mut()?.entry(key).or_insert(Value::Null);
    if slot.is_null() {
        *slot = json!({});
    }
    slot.as_object_mut()
}

/// The items of the list at `key`, for editing.
pub(super) fn items<'a>(value: &'a mut Value, key: &str) -> std::slice::IterMut<'a, Value> {
    match value.get_mut(key) {
        Some(Value::Array(items)) => items.iter_mut(),
        _ => [].iter_mut(),
    }
}

/// Sets `key` when it is missing, null or the empty text: Go cannot tell these apart either.
pub(super) fn default(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    let missing = map.get(key).is_none_or(|v| v.is_null() || v.as_str() == Some(""));
    if missing {
        map.insert(key.into(), value.into());
    }
}

/// Makes `key` of `new` what it is in `old`.
pub(super) fn restore(new: &mut Value, old: &Value, key: &str) {
    let Some(map) = new.as_object_mut() else { return };
    match old.get(key) {
        Some(value) => map.insert(key.into(), value.clone()),
        None => map.remove(key),
    };
}

/// Drops `key`.
pub(super) fn drop(object: &mut Value, key: &str) {
    if let Some(map) = object.as_object_mut() {
        map.remove(key);
    }
}

/// The rule of kinds with a status subresource: the object itself keeps its status, `/status` keeps
/// everything else.
pub(super) fn separate_status(ctx: &WriteContext, new: &mut Value, old: &Value) {
    match ctx.endpoint {
        Endpoint::Status => restore(new, old, "spec"),
        _ => restore(new, old, "status"),
    }
}

/// `Required value`.
pub(super) fn required(path: &str, detail: &str) -> FieldError {
    FieldError::new(FieldErrorKind::Required, path, detail)
}

/// `Invalid value`, with the value shown as JSON.
pub(super) fn invalid(path: impl Into<String>, value: &Value, detail: impl Into<String>) -> FieldError {
    FieldError::new(FieldErrorKind::Invalid, path, detail).shown(value.to_string())
}

/// `Forbidden`.
pub(super) fn forbidden(path: impl Into<String>, detail: impl Into<String>) -> FieldError {
    FieldError::new(FieldErrorKind::Forbidden, path, detail)
}

/// `Unsupported value` with the supported ones, in the order of the caller.
pub(super) fn unsupported(path: impl Into<String>, value: &Value, supported: &[&str]) -> FieldError {
    let names: Vec<String> = supported.iter().map(|name| format!("\"{name}\"")).collect();
    let detail = format!("supported values: {}", names.join(", "));
    FieldError::new(FieldErrorKind::NotSupported, path, detail).shown(value.to_string())
}

/// Upstream's text for a field that may not change.
pub(super) const IMMUTABLE: &str = "field is immutable";

/// An error when the value at JSON pointer `pointer` changed.
pub(super) fn immutable(new: &Value, old: &Value, pointer: &str) -> Option<FieldError> {
    let (new, old) = (new.pointer(pointer), old.pointer(pointer));
    (new != old).then(|| {
        let path = pointer.trim_start_matches('/').replace('/', ".");
        invalid(path, new.unwrap_or(&Value::Null), IMMUTABLE)
    })
}

/// The seconds of `ctx` as an RFC 3339 time.
pub(super) fn now(ctx: &WriteContext) -> String {
    jiff::Timestamp::from_second(ctx.now_unix_seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}
