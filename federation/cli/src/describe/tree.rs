//! An object as an indented tree, with its conditions as a table.

use serde_json::Value;

use super::text;
use crate::table::Table;

/// Column where values of the head begin.
const HEAD: usize = 14;

/// The whole object but its events.
pub(super) fn lines(object: &Value) -> Vec<String> {
    let mut lines = vec![head("Name", text(object, "/metadata/name"))];
    let namespace = text(object, "/metadata/namespace");
    if !namespace.is_empty() {
        lines.push(head("Namespace", namespace));
    }
    lines.push(head("Kind", &format!("{} ({})", text(object, "/kind"), text(object, "/apiVersion"))));
    lines.push(head("Created", text(object, "/metadata/creationTimestamp")));
    let deleted = text(object, "/metadata/deletionTimestamp");
    if !deleted.is_empty() {
        lines.push(head("Deleted", &format!("{deleted}, waiting for its finalizers")));
    }
    for (name, field) in [("Labels", "labels"), ("Annotations", "annotations"), ("Finalizers", "finalizers")]
    {
        lines.extend(pairs(name, object.pointer(&format!("/metadata/{field}"))));
    }
    let skipped = ["apiVersion", "kind", "metadata"];
    for (name, value) in object.as_object().into_iter().flatten() {
        if skipped.contains(&name.as_str()) {
            continue;
        }
        let conditions = value.get("conditions").and_then(Value::as_array);
        lines.push(format!("{}:", title(name)));
        match value {
            Value::Object(fields) if conditions.is_some() => {
                let mut rest = fields.clone();
                rest.remove("conditions");
                branch(&Value::Object(rest), 2, &mut lines);
            }
            value => branch(value, 2, &mut lines),
        }
        if let Some(conditions) = conditions {
            lines.push("Conditions:".into());
            lines.extend(condition_table(conditions));
        }
    }
    lines
}

fn head(name: &str, value: &str) -> String {
    format!("{:<HEAD$}{value}", format!("{name}:"))
}

fn pairs(name: &str, value: Option<&Value>) -> Vec<String> {
    let texts: Vec<String> = match value {
        Some(Value::Object(map)) => {
            map.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect()
        }
        Some(Value::Array(list)) => list.iter().map(plain).collect(),
        _ => Vec::new(),
    };
    let name_then_blanks = std::iter::once(name).chain(std::iter::repeat(""));
    texts
        .iter()
        .zip(name_then_blanks)
        .map(|(text, name)| if name.is_empty() { format!("{:HEAD$}{text}", "") } else { head(name, text) })
        .collect()
}

fn condition_table(conditions: &[Value]) -> Vec<String> {
    let mut table = Table::new(["  TYPE", "STATUS", "REASON", "MESSAGE"]);
    for condition in conditions {
        table.row([
            format!("  {}", text(condition, "/type")),
            text(condition, "/status").to_owned(),
            text(condition, "/reason").to_owned(),
            text(condition, "/message").to_owned(),
        ]);
    }
    table.lines()
}

/// Fields below each other; a list as dashes.
fn branch(value: &Value, indent: usize, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaf(&title(name), value, indent, lines))
        }
        Value::Array(items) => items.iter().for_each(|item| item_lines(item, indent, lines)),
        other => lines.push(format!("{:indent$}{}", "", plain(other))),
    }
}

fn leaf(name: &str, value: &Value, indent: usize, lines: &mut Vec<String>) {
    match value {
        Value::Object(map) if map.is_empty() => lines.push(format!("{:indent$}{name}: {{}}", "")),
        Value::Array(list) if list.is_empty() => lines.push(format!("{:indent$}{name}: []", "")),
        Value::Array(list) if list.iter().all(is_plain) => {
            let texts: Vec<String> = list.iter().map(plain).collect();
            lines.push(format!("{:indent$}{name}: {}", "", texts.join(", ")));
        }
        Value::Object(_) | Value::Array(_) => {
            lines.push(format!("{:indent$}{name}:", ""));
            branch(value, indent + 2, lines);
        }
        plain_value => lines.push(format!("{:indent$}{name}: {}", "", plain(plain_value))),
    }
}

fn item_lines(item: &Value, indent: usize, lines: &mut Vec<String>) {
    let from = lines.len();
    branch(item, indent + 2, lines);
    // The dash stands where the first line of the item is indented.
    if let Some(first) = lines.get_mut(from)
        && first.is_char_boundary(indent)
        && first.len() > indent
    {
        first.replace_range(indent..=indent, "-");
    }
}

fn is_plain(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `readyReplicas` as `Ready Replicas`; a name that is no field (a label, a cell) stays as it is.
fn title(field: &str) -> String {
    if !field.chars().all(|c| c.is_ascii_alphabetic()) || field.chars().next().is_some_and(char::is_uppercase)
    {
        return field.to_owned();
    }
    let mut said = String::new();
    let mut before_is_lower = false;
    for (place, c) in field.chars().enumerate() {
        if c.is_uppercase() && before_is_lower {
            said.push(' ');
        }
        said.push(if place == 0 { c.to_ascii_uppercase() } else { c });
        before_is_lower = c.is_lowercase();
    }
    said
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn an_object_reads_as_a_tree() {
        let object = json!({
            "apiVersion": "ldc.cafefed.dev/v1alpha1", "kind": "DeployUnit",
            "metadata": {"name": "rz00a", "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"a": "b", "c": "d"}},
            "spec": {"unit": "rz00", "weight": 50, "things": [{"x": 1, "y": [1, 2]}, {"x": 2}], "none": {}},
            "status": {"nodes": 2, "conditions": [
                {"type": "Ready", "status": "True", "reason": "NodesReady", "message": "2 of 2 nodes"}]},
        });
        assert_eq!(
            lines(&object),
            [
                "Name:         rz00a",
                "Kind:         DeployUnit (ldc.cafefed.dev/v1alpha1)",
                "Created:      2026-01-01T00:00:00Z",
                "Labels:       a=b",
                "              c=d",
                "Spec:",
                "  None: {}",
                "  Things:",
                "    - X: 1",
                "      Y: 1, 2",
                "    - X: 2",
                "  Unit: rz00",
                "  Weight: 50",
                "Status:",
                "  Nodes: 2",
                "Conditions:",
                "  TYPE    STATUS   REASON       MESSAGE",
                "  Ready   True     NodesReady   2 of 2 nodes",
            ]
        );
    }

    #[test]
    fn field_names_become_words() {
        assert_eq!(title("readyReplicas"), "Ready Replicas");
        assert_eq!(title("baseUIDs"), "Base UIDs");
        assert_eq!(title("hz-a"), "hz-a");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), ".*".prop_map(Value::from)];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_object_is_a_surprise(spec in any_json()) {
            let object = json!({"spec": spec});
            prop_assert!(!lines(&object).is_empty());
        }
    }
}
