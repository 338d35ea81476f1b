//! JSON values as CEL values, typed by their schema as upstream types them.

use std::collections::HashMap;
use std::sync::Arc;

use kube_cel::cel;
use serde_json::Value;

use crate::schema::{At, Kind};

/// Reserved words that a field name may not be in an expression.
const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// `value` as CEL sees it under the schema `at`; without a schema by its JSON type alone.
pub(super) fn to_cel(value: &Value, at: Option<At<'_>>) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(flag) => cel::Value::Bool(*flag),
        Value::Number(number) => number_to_cel(number, at.map(|at| at.kind)),
        Value::String(text) => text_to_cel(text, at),
        Value::Array(items) => {
            let item = at.and_then(At::item);
            cel::Value::List(Arc::new(items.iter().map(|value| to_cel(value, item)).collect()))
        }
        Value::Object(map) => {
            let mut entries = HashMap::with_capacity(map.len());
            for (name, value) in map {
                let declared = at.and_then(|at| at.property(name));
                // Only declared fields are identifiers; keys of maps stay as they are.
                let key = if declared.is_some() { escape(name) } else { name.clone() };
                let schema = declared.or_else(|| at.and_then(|at| at.child(name)));
                entries.insert(cel::objects::Key::String(Arc::new(key)), to_cel(value, schema));
            }
            cel::Value::Map(cel::objects::Map { map: Arc::new(entries) })
        }
    }
}

fn number_to_cel(number: &serde_json::Number, kind: Option<Kind>) -> cel::Value {
    match (kind, number.as_i64(), number.as_u64()) {
        (Some(Kind::Number), _, _) => cel::Value::Float(number.as_f64().unwrap_or_default()),
        (_, Some(int), _) => cel::Value::Int(int),
        (_, None, Some(large)) => cel::Value::UInt(large),
        (_, None, None) => cel::Value::Float(number.as_f64().unwrap_or_default()),
    }
}

fn text_to_cel(text: &str, at: Option<At<'_>>) -> cel::Value {
    use kube_cel::cel::objects::Value as Cel;
    let format = at.and_then(|at| at.node_format()).unwrap_or_default();
    let call = match format {
        "date-time" => "timestamp",
        "duration" => "duration",
        _ => return Cel::String(Arc::new(text.to_owned())),
    };
    // The interpreter's own conversion, so that the value is of its own time types.
    super::program::convert_text(call, text).unwrap_or_else(|| Cel::String(Arc::new(text.to_owned())))
}

/// A field name as an identifier (`apiextensions` *CEL field name escaping*).
pub(super) fn escape(name: &str) -> String {
    if RESERVED.contains(&name) {
        return format!("__{name}__");
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len() + 8);
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let (text, taken) = match c {
            '_' if rest.starts_with("__") => ("__underscores__", 2),
            '.' => ("__dot__", 1),
            '-' => ("__dash__", 1),
            '/' => ("__slash__", 1),
            other => {
                out.push(other);
                rest = &rest[other.len_utf8()..];
                continue;
            }
        };
        out.push_str(text);
        rest = &rest[taken..];
    }
    out
}
