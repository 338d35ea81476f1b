//! Reads OpenAPI v3 schemas into the arena.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Additional, Bounds, Kind, ListType, Node, NodeId, PatchMeta, Schema};
use crate::cel::{Rule, RuleError};

/// Why a schema cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A `$ref` names nothing.
    #[error("schema of {path}: the reference {reference:?} names no definition; add it to the definitions")]
    MissingDefinition {
        /// Where in the schema.
        path: String,
        /// The text of `$ref`.
        reference: String,
    },
    /// A keyword has a value of the wrong type.
    #[error("schema of {path}: {keyword} must be {expected}")]
    Malformed {
        /// Where in the schema.
        path: String,
        /// The keyword.
        keyword: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A `pattern` is not a regular expression.
    #[error("compile the pattern {pattern:?} of {path}")]
    Pattern {
        /// Where in the schema.
        path: String,
        /// The pattern.
        pattern: String,
        /// Why.
        #[source]
        source: Box<regex::Error>,
    },
    /// A CEL rule cannot be used.
    #[error("read the validation rule of {path}")]
    Rule {
        /// Where in the schema.
        path: String,
        /// Why.
        #[source]
        source: RuleError,
    },
    /// The schema nests deeper than 100 levels.
    #[error("schema of {path}: nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Where in the schema.
        path: String,
    },
}

/// Deepest nesting of inline schemas; definitions start again.
const MAX_DEPTH: usize = 100;

/// ObjectMeta as every object has it, with the list types of upstream.
const OBJECT_META: &str = r#"{
  "type": "object",
  "properties": {
    "name": {"type": "string"}, "generateName": {"type": "string"}, "namespace": {"type": "string"},
    "selfLink": {"type": "string"}, "uid": {"type": "string"}, "resourceVersion": {"type": "string"},
    "generation": {"type": "integer", "format": "int64"},
    "creationTimestamp": {"type": "string", "format": "date-time", "nullable": true},
    "deletionTimestamp": {"type": "string", "format": "date-time", "nullable": true},
    "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    "finalizers": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge"},
    "ownerReferences": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge",
      "items": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "name": {"type": "string"},
        "uid": {"type": "string"}, "controller": {"type": "boolean"}, "blockOwnerDeletion": {"type": "boolean"}}}},
    "managedFields": {"type": "array", "items": {"type": "object", "properties": {
        "manager": {"type": "string"}, "operation": {"type": "string"}, "apiVersion": {"type": "string"},
        "time": {"type": "string", "format": "date-time"}, "fieldsType": {"type": "string"},
        "subresource": {"type": "string"},
        "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}
  }
}"#;

/// Types of upstream whose published schema says less than their JSON form is.
const SPECIAL: [(&str, &str); 8] = [
    (".util.intstr.IntOrString", r#"{"x-kubernetes-int-or-string": true}"#),
    (".api.resource.Quantity", r#"{"x-quantity": true}"#),
    (
        ".runtime.RawExtension",
        r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-map-type": "atomic"}"#,
    ),
    (
        ".meta.v1.FieldsV1",
        r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-map-type": "atomic"}"#,
    ),
    (".meta.v1.Time", r#"{"type": "string", "format": "date-time", "nullable": true}"#),
    (".meta.v1.MicroTime", r#"{"type": "string", "format": "date-time", "nullable": true}"#),
    (".meta.v1.ObjectMeta", OBJECT_META),
    ("apiextensions.v1.JSON", r#"{"x-kubernetes-preserve-unknown-fields": true}"#),
];

/// Reads `schema` into an arena and completes the root.
pub(super) fn parse(schema: &Value, definitions: &Map<String, Value>) -> Result<Schema, SchemaError> {
    let mut reader = Reader { definitions, nodes: Vec::new(), known: BTreeMap::new() };
    let root = reader.node(schema, ".", 0)?;
    reader.complete_object(root)?;
    mark_rules(&mut reader.nodes);
    Ok(Schema { nodes: reader.nodes, root })
}

/// Sets `rules_below`; repeated until nothing changes because definitions may be recursive.
fn mark_rules(nodes: &mut [Node]) {
    loop {
        let mut changed = false;
        for index in 0..nodes.len() {
            let node = &nodes[index];
            let additional = match node.additional {
                Additional::Schema(id) => Some(id),
                Additional::None | Additional::Any => None,
            };
            let mut below = node.properties.values().chain(&node.items).chain(&additional);
            if !node.rules_below
                && (!node.rules.is_empty() || below.any(|id| nodes[*id as usize].rules_below))
            {
                nodes[index].rules_below = true;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

struct Reader<'a> {
    definitions: &'a Map<String, Value>,
    nodes: Vec<Node>,
    /// Definitions that have a node already, finished or not: recursion ends here.
    known: BTreeMap<String, NodeId>,
}

impl Reader<'_> {
    fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(node);
        id
    }

    fn node(&mut self, schema: &Value, path: &str, depth: usize) -> Result<NodeId, SchemaError> {
        if depth > MAX_DEPTH {
            return Err(SchemaError::TooDeep { path: path.to_owned() });
        }
        if let Some(reference) = schema.get("$ref") {
            return self.definition(reference, path);
        }
        // Published built-in schemas wrap a reference that carries a default: allOf [$ref].
        if let Some(id) = self.wrapped_reference(schema, path)? {
            return Ok(id);
        }
        let node = self.read(schema, path, depth)?;
        let embedded = node.embedded;
        let id = self.push(node);
        if embedded {
            self.complete_object(id)?;
        }
        Ok(id)
    }

    fn definition(&mut self, reference: &Value, path: &str) -> Result<NodeId, SchemaError> {
        let text = reference.as_str().unwrap_or_default();
        let name = text.rsplit('/').next().unwrap_or_default();
        if let Some(id) = self.known.get(name) {
            return Ok(*id);
        }
        // The place is taken before the content is read: a reference back finds it.
        let id = self.push(Node::default());
        self.known.insert(name.to_owned(), id);
        let node = if let Some((_, special)) = SPECIAL.iter().find(|(suffix, _)| name.ends_with(suffix)) {
            let special: Value = serde_json::from_str(special).unwrap_or_default();
            self.read(&special, name, 0)?
        } else {
            let definitions = self.definitions;
            let missing =
                || SchemaError::MissingDefinition { path: path.to_owned(), reference: text.to_owned() };
            let schema = definitions.get(name).ok_or_else(missing)?;
            if schema.get("$ref").is_some() {
                let target = self.node(schema, name, 0)?;
                self.nodes[target as usize].clone()
            } else {
                self.read(schema, name, 0)?
            }
        };
        self.nodes[id as usize] = node;
        Ok(id)
    }

    fn wrapped_reference(&mut self, schema: &Value, path: &str) -> Result<Option<NodeId>, SchemaError> {
        if schema.get("type").is_some() || schema.get("properties").is_some() {
            return Ok(None);
        }
        let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) else {
            return Ok(None);
        };
        let Some(reference) = only.get("$ref") else { return Ok(None) };
        let target = self.definition(reference, path)?;
        let overlay = self.overlay(schema, path)?;
        if overlay.is_none() {
            return Ok(Some(target));
        }
        let mut node = self.nodes[target as usize].clone();
        if let Some(default) = schema.get("default") {
            // An empty object says nothing that upstream would fill in.
            node.default = Some(default.clone()).filter(|default| default != &Value::Object(Map::new()));
        }
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            node.nullable = true;
        }
        if let Some(overlay) = overlay {
            node.patch = overlay;
        }
        Ok(Some(self.push(node)))
    }

    /// What the wrapper of a reference adds; `None` when it adds nothing.
    fn overlay(&self, schema: &Value, path: &str) -> Result<Option<PatchMeta>, SchemaError> {
        let patch = patch_meta(schema);
        let _ = path;
        let adds = patch != PatchMeta::default()
            || schema.get("default").is_some()
            || schema.get("nullable").is_some();
        Ok(adds.then_some(patch))
    }

    fn read(&mut self, schema: &Value, path: &str, depth: usize) -> Result<Node, SchemaError> {
        let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        let mut node = Node {
            kind: kind_of(schema),
            nullable: flag("nullable"),
            preserve_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            default: schema.get("default").filter(|default| !default.is_null()).cloned(),
            atomic_map: schema.get("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic"),
            patch: patch_meta(schema),
            required: strings(schema, "required"),
            ..Node::default()
        };
        if let Some(properties) = schema.get("properties") {
            let malformed = malformed(path, "properties", "an object");
            for (name, property) in properties.as_object().ok_or(malformed)? {
                let id = self.node(property, &join(path, name), depth + 1)?;
                node.properties.insert(name.as_str().into(), id);
            }
        }
        node.additional = match schema.get("additionalProperties") {
            None | Some(Value::Bool(false)) => Additional::None,
            Some(Value::Bool(true)) => Additional::Any,
            Some(values) => Additional::Schema(self.node(values, &join(path, "*"), depth + 1)?),
        };
        if let Some(items) = schema.get("items") {
            node.items = Some(self.node(items, &format!("{path}[]"), depth + 1)?);
        }
        node.list_type = list_type(schema, &node.patch);
        node.bounds = self.bounds(schema, &node, path, depth)?;
        node.rules = rules(schema, path)?;
        Ok(node)
    }

    fn bounds(
        &mut self,
        schema: &Value,
        node: &Node,
        path: &str,
        depth: usize,
    ) -> Result<Option<Box<Bounds>>, SchemaError> {
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let count = |name: &str| schema.get(name).and_then(Value::as_u64);
        let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        let keywords = [
            "format",
            "enum",
            "minimum",
            "maximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minProperties",
            "maxProperties",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
        ];
        if !keywords.iter().any(|keyword| schema.get(keyword).is_some()) {
            return Ok(None);
        }
        let mut bounds = Bounds {
            format: schema
                .get("format")
                .and_then(Value::as_str)
                .filter(|f| *f != "int-or-string")
                .map(Into::into),
            enumeration: schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            minimum: number("minimum"),
            maximum: number("maximum"),
            exclusive_minimum: flag("exclusiveMinimum"),
            exclusive_maximum: flag("exclusiveMaximum"),
            multiple_of: number("multipleOf").filter(|factor| *factor > 0.0),
            min_length: count("minLength"),
            max_length: count("maxLength"),
            min_items: count("minItems"),
            max_items: count("maxItems"),
            unique_items: flag("uniqueItems"),
            min_properties: count("minProperties"),
            max_properties: count("maxProperties"),
            ..Bounds::default()
        };
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            bounds.pattern = Some((pattern.into(), compile(pattern, path)?));
        }
        // The type of these is said by the junctor itself; as a value rule it would repeat it.
        if !matches!(node.kind, Kind::IntOrString | Kind::Quantity) {
            bounds.all_of = self.junctor(schema, "allOf", path, depth)?;
            bounds.any_of = self.junctor(schema, "anyOf", path, depth)?;
            bounds.one_of = self.junctor(schema, "oneOf", path, depth)?;
            if let Some(not) = schema.get("not") {
                bounds.not = Some(self.node(not, path, depth + 1)?);
            }
        }
        Ok(Some(Box::new(bounds)))
    }

    fn junctor(
        &mut self,
        schema: &Value,
        keyword: &'static str,
        path: &str,
        depth: usize,
    ) -> Result<Vec<NodeId>, SchemaError> {
        let Some(branches) = schema.get(keyword) else { return Ok(Vec::new()) };
        let branches = branches.as_array().ok_or_else(|| malformed(path, keyword, "a list"))?;
        branches.iter().map(|branch| self.node(branch, path, depth + 1)).collect()
    }

    /// Adds apiVersion, kind and metadata to the object node `id`.
    fn complete_object(&mut self, id: NodeId) -> Result<(), SchemaError> {
        let text = self.push(Node { kind: Kind::String, ..Node::default() });
        let meta: Value = serde_json::from_str(OBJECT_META).unwrap_or_default();
        let meta = self.read(&meta, "metadata", 0)?;
        let declared = self.nodes[id as usize].properties.get("metadata").copied();
        let bounds = declared.map(|declared| self.nodes[declared as usize].clone());
        let mut meta = meta;
        if let Some(declared) = bounds {
            // A custom kind may bound metadata.name; that is all upstream allows there.
            for (name, id) in declared.properties {
                if matches!(&*name, "name" | "generateName") {
                    meta.properties.insert(name, id);
                }
            }
            meta.rules = declared.rules;
        }
        let meta = self.push(meta);
        let node = &mut self.nodes[id as usize];
        node.properties.entry("apiVersion".into()).or_insert(text);
        node.properties.entry("kind".into()).or_insert(text);
        node.properties.insert("metadata".into(), meta);
        if node.kind == Kind::Any {
            node.kind = Kind::Object;
        }
        Ok(())
    }
}

fn kind_of(schema: &Value) -> Kind {
    let format = schema.get("format").and_then(Value::as_str);
    if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) || format == Some("int-or-string")
    {
        return Kind::IntOrString;
    }
    if schema.get("x-quantity").is_some() {
        return Kind::Quantity;
    }
    match schema.get("type").and_then(Value::as_str) {
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

fn patch_meta(schema: &Value) -> PatchMeta {
    let strategy = schema.get("x-kubernetes-patch-strategy").and_then(Value::as_str).unwrap_or_default();
    PatchMeta {
        merge_key: schema.get("x-kubernetes-patch-merge-key").and_then(Value::as_str).map(Into::into),
        merge: strategy.split(',').any(|word| word == "merge"),
        retain_keys: strategy.split(',').any(|word| word == "retainKeys"),
    }
}

fn list_type(schema: &Value, patch: &PatchMeta) -> ListType {
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

fn rules(schema: &Value, path: &str) -> Result<Vec<Rule>, SchemaError> {
    let Some(rules) = schema.get("x-kubernetes-validations") else { return Ok(Vec::new()) };
    let rules = rules.as_array().ok_or_else(|| malformed(path, "x-kubernetes-validations", "a list"))?;
    let compile =
        |rule| Rule::from_json(rule).map_err(|source| SchemaError::Rule { path: path.to_owned(), source });
    rules.iter().map(compile).collect()
}

fn compile(pattern: &str, path: &str) -> Result<regex::Regex, SchemaError> {
    regex::Regex::new(pattern).map_err(|source| SchemaError::Pattern {
        path: path.to_owned(),
        pattern: pattern.to_owned(),
        source: Box::new(source),
    })
}

fn strings(schema: &Value, keyword: &str) -> Vec<Box<str>> {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect()
}

fn malformed(path: &str, keyword: &'static str, expected: &'static str) -> SchemaError {
    SchemaError::Malformed { path: path.to_owned(), keyword, expected }
}

fn join(path: &str, name: &str) -> String {
    if path == "." { name.to_owned() } else { format!("{path}.{name}") }
}
