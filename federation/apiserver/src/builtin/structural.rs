//! From a published schema to a structural one: what a Go server enforces when it decodes.
//!
//! A Go server fills missing fields with zero and checks in code, so `required` means nothing to it;
//! the strategies ask for what it asks for. Published defaults that are zero (`{}`, `""`, `0`) describe
//! Go's zero values and set nothing. Descriptions are dropped to save memory.

use serde_json::{Map, Value};

/// Rewrites a published definition in place.
pub(super) fn of_published(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    for key in
        ["description", "required", "externalDocs", "x-kubernetes-group-version-kind", "x-kubernetes-unions"]
    {
        map.remove(key);
    }
    if map.get("default").is_some_and(is_zero) {
        map.remove("default");
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(of_published);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            of_published(inner);
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        if let Some(Value::Array(branches)) = map.get_mut(key) {
            branches.iter_mut().for_each(of_published);
        }
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(is_zero) && *map == Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn zero_defaults_and_words_go_and_real_defaults_stay() {
        let mut schema = json!({
            "description": "A port.", "required": ["port"], "type": "object",
            "properties": {
                "description": {"type": "string", "description": "A field of that name.", "default": ""},
                "protocol": {"type": "string", "default": "TCP"},
                "status": {"allOf": [{"$ref": "#/components/schemas/S"}], "default": {}}}
        });
        super::of_published(&mut schema);
        assert_eq!(
            schema,
            json!({"type": "object", "properties": {
                "description": {"type": "string"}, "protocol": {"type": "string", "default": "TCP"},
                "status": {"allOf": [{"$ref": "#/components/schemas/S"}]}}})
        );
    }
}
