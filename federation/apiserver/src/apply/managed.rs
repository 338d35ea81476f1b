//! The entries of `metadata.managedFields`.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::fieldset::FieldSet;

/// How a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) manager: String,
    pub(super) operation: Operation,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) time: Option<String>,
    pub(super) set: FieldSet,
}

impl Owner {
    /// Whether both are the same manager. Appliers are, whatever version they use.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.operation == other.operation
            && self.manager == other.manager
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    /// As messages name it (`managedfields/internal/conflict.go`).
    pub(super) fn shown(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if self.operation == Operation::Update {
            text.push_str(&format!(" using {}", self.api_version));
        }
        text
    }

    fn decode(entry: &Value) -> Option<Self> {
        let text = |name: &str| text(entry, name).to_owned();
        let operation = match text("operation").as_str() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        let api_version = text("apiVersion");
        if api_version.is_empty() || text("fieldsType") != "FieldsV1" {
            return None;
        }
        let set = match entry.get("fieldsV1") {
            None | Some(Value::Null) => FieldSet::new(),
            Some(fields) => FieldSet::from_fields_v1(fields).ok()?,
        };
        let time = Some(text("time")).filter(|time| !time.is_empty());
        Some(Self {
            manager: text("manager"),
            operation,
            api_version,
            subresource: text("subresource"),
            time,
            set,
        })
    }

    fn encode(&self) -> Value {
        let mut entry = Map::new();
        if !self.manager.is_empty() {
            entry.insert("manager".into(), self.manager.clone().into());
        }
        entry.insert("operation".into(), self.operation.name().into());
        entry.insert("apiVersion".into(), self.api_version.clone().into());
        if let Some(time) = &self.time {
            entry.insert("time".into(), time.clone().into());
        }
        entry.insert("fieldsType".into(), "FieldsV1".into());
        entry.insert("fieldsV1".into(), self.set.to_fields_v1());
        if !self.subresource.is_empty() {
            entry.insert("subresource".into(), self.subresource.clone().into());
        }
        Value::Object(entry)
    }
}

/// Reads a list of entries; `None` when one of them is malformed. Equal managers become one.
pub(super) fn decode(entries: &[Value]) -> Option<Vec<Owner>> {
    let mut owners: Vec<Owner> = Vec::with_capacity(entries.len());
    for entry in entries {
        let owner = Owner::decode(entry)?;
        match owners.iter_mut().find(|known| known.is(&owner)) {
            Some(known) => *known = owner,
            None => owners.push(owner),
        }
    }
    Some(owners)
}

/// Writes the entries into `metadata.managedFields` of `object`, in upstream's order.
pub(super) fn encode(object: &mut Value, owners: &[Owner]) {
    let entries: Vec<Value> =
        owners.iter().filter(|owner| !owner.set.is_empty()).map(Owner::encode).collect();
    set_entries(object, entries);
}

/// Stores encoded entries in upstream's order; an empty list leaves the field out.
pub(super) fn set_entries(object: &mut Value, mut entries: Vec<Value>) {
    entries.sort_by(order);
    let Value::Object(map) = object else { return };
    if entries.is_empty() {
        if let Some(Value::Object(meta)) = map.get_mut("metadata") {
            meta.remove("managedFields");
        }
        return;
    }
    let meta = map.entry("metadata").or_insert_with(|| json!({}));
    if let Value::Object(meta) = meta {
        meta.insert("managedFields".into(), Value::Array(entries));
    }
}

/// Takes `metadata.managedFields` out of `object`.
pub(super) fn take_entries(object: &mut Value) -> Option<Value> {
    object.get_mut("metadata")?.as_object_mut()?.remove("managedFields")
}

/// The stored entries of `object`.
pub(super) fn entries(object: Option<&Value>) -> &[Value] {
    object
        .and_then(|object| object.pointer("/metadata/managedFields"))
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Appliers first, then by time, manager, version, subresource. Times are RFC 3339 in UTC with whole
/// seconds, so that their text orders as they do.
fn order(a: &Value, b: &Value) -> Ordering {
    ["operation", "time", "manager", "apiVersion", "subresource"]
        .into_iter()
        .map(|name| text(a, name).cmp(text(b, name)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The text under `name` in an encoded entry, empty when there is none.
pub(super) fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry.get(name).and_then(Value::as_str).unwrap_or_default()
}
