//! Single keywords of a schema.

use serde_json::Value;

use super::error::SchemaError;
use super::{Kind, ListType, PatchMeta};
use crate::cel::Rule;

/// The JSON type that `schema` asks for.
pub(super) fn kind_of(schema: &Value) -> Kind {
    let format = schema.get("format").and_then(Value::as_str);
    if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) || format == Some("int-or-string")
    {
        return Kind::IntOrString;
    }
    if schema.get("x-quantity").is_some() {
        return Kind::Quantity;
    }
    match type_of(schema) {
        Some("object") => Kind::Object,
        Some("array") => Kind::Array,
        Some("string") => Kind::String,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        _ if schema.get("properties").is_some() => Kind::Object,
        _ => Kind::Any,
    }
}

/// The `type` keyword; of a list of types the first that is not `null`.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        one => one.as_str(),
    }
}

/// Whether `null` is one of the types.
pub(super) fn null_type(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|name| name == "null"),
        Some(one) => one == "null",
        None => false,
    }
}

/// The branch of an optional value, `anyOf: [X, null]` as schema generators write it.
pub(super) fn optional(schema: &Value) -> Option<&Value> {
    let [a, b] = schema.get("anyOf")?.as_array()?.as_slice() else { return None };
    let null = |branch: &Value| {
        branch.get("type").is_some_and(|name| name == "null")
            || branch.get("enum") == Some(&Value::Array(vec![Value::Null]))
    };
    match (null(a), null(b)) {
        (false, true) => Some(a),
        (true, false) => Some(b),
        _ => None,
    }
}

/// How strategic merge treats the value.
pub(super) fn patch_meta(schema: &Value) -> PatchMeta {
    let strategy = schema.get("x-kubernetes-patch-strategy").and_then(Value::as_str).unwrap_or_default();
    PatchMeta {
        merge_key: schema.get("x-kubernetes-patch-merge-key").and_then(Value::as_str).map(Into::into),
        merge: strategy.split(',').any(|word| word == "merge"),
        retain_keys: strategy.split(',').any(|word| word == "retainKeys"),
    }
}

/// `x-kubernetes-list-type`, or what the patch extensions say about it.
pub(super) fn list_type(schema: &Value, patch: &PatchMeta) -> ListType {
    match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => ListType::Set,
        Some("map") => ListType::Map(strings(schema, "x-kubernetes-list-map-keys")),
        Some(_) => ListType::Atomic,
        // Published schemas may carry the patch extensions only; upstream derives the same from them.
        None => match (&patch.merge_key, patch.merge) {
            (Some(key), true) => ListType::Map(vec![key.clone()]),
            (None, true) => ListType::Set,
            (_, false) => ListType::Atomic,
        },
    }
}

/// The compiled `x-kubernetes-validations`.
pub(super) fn rules(schema: &Value, path: &str) -> Result<Vec<Rule>, SchemaError> {
    let Some(rules) = schema.get("x-kubernetes-validations") else { return Ok(Vec::new()) };
    let rules = rules.as_array().ok_or_else(|| malformed(path, "x-kubernetes-validations", "a list"))?;
    let compile =
        |rule| Rule::from_json(rule).map_err(|source| SchemaError::Rule { path: path.to_owned(), source });
    rules.iter().map(compile).collect()
}

/// A compiled `pattern`.
pub(super) fn compile(pattern: &str, path: &str) -> Result<regex::Regex, SchemaError> {
    regex::Regex::new(pattern).map_err(|source| SchemaError::Pattern {
        path: path.to_owned(),
        pattern: pattern.to_owned(),
        source: Box::new(source),
    })
}

/// A list of names; empty when the keyword is missing.
pub(super) fn strings(schema: &Value, keyword: &str) -> Vec<Box<str>> {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect()
}

/// The error for a keyword with a value of the wrong type.
pub(super) fn malformed(path: &str, keyword: &'static str, expected: &'static str) -> SchemaError {
    SchemaError::Malformed { path: path.to_owned(), keyword, expected }
}

/// The path of `name` below `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path == "." { name.to_owned() } else { format!("{path}.{name}") }
}
