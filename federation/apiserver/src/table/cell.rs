//! One cell from one JSON value, by the type of its column (upstream: `cellForJSONValue` of the custom
//! resource table convertor).

use serde_json::Value;

use super::age;

/// Appends the cell to `out`: null when there is no value, or one of another type.
pub(super) fn write(out: &mut Vec<u8>, value: Option<&Value>, type_: &str, now: i64) {
    let cell = value.map_or(Value::Null, |value| of(value, type_, now));
    serde_json::to_writer(out, &cell).expect("a JSON value always serializes into memory");
}

fn of(value: &Value, type_: &str, now: i64) -> Value {
    match (type_, value) {
        ("string", Value::Null) => Value::Null,
        ("string", Value::String(text)) => Value::String(text.clone()),
        ("string", other) => Value::String(other.to_string()),
        ("integer", Value::Number(number)) => {
            // A float is cut, as a Go conversion does.
            number.as_i64().or_else(|| number.as_f64().map(|n| n as i64)).map_or(Value::Null, Value::from)
        }
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => value.clone(),
        ("date", Value::String(text)) => Value::String(age::since(Some(text), now)),
        _ => Value::Null,
    }
}
