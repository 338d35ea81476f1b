//! Reads OpenAPI v3 schemas into the arena.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::SchemaError;
use super::keywords::{
    compile, join, kind_of, list_type, malformed, null_type, optional, patch_meta, rules, strings,
};
use super::special::{OBJECT_META, SPECIAL};
use super::{Additional, Bounds, Kind, Node, NodeId, PatchMeta, Schema};

/// Deepest nesting of inline schemas; definitions start again.
const MAX_DEPTH: usize = 100;

/// Reads `schema` into an arena and completes the root.
pub(super) fn parse(schema: &Value, definitions: &Map<String, Value>) -> Result<Schema, SchemaError> {
    let mut reader = Reader {
        definitions,
        nodes: Vec::new(),
        known: BTreeMap::new(),
        open: Vec::new(),
        plain: Vec::new(),
    };
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
    /// Definitions that are being read.
    open: Vec<NodeId>,
    /// The shared nodes that only name a type.
    plain: Vec<(Kind, bool, NodeId)>,
}

impl Reader<'_> {
    fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(node);
        id
    }

    /// Nodes that only name a type are shared: they are most of a pod template.
    fn plain(&mut self, node: Node) -> NodeId {
        let same =
            |(kind, nullable, _): &&(Kind, bool, NodeId)| *kind == node.kind && *nullable == node.nullable;
        if let Some((_, _, id)) = self.plain.iter().find(same) {
            return *id;
        }
        let (kind, nullable) = (node.kind, node.nullable);
        let id = self.push(node);
        self.plain.push((kind, nullable, id));
        id
    }

    fn node(&mut self, schema: &Value, path: &str, depth: usize) -> Result<NodeId, SchemaError> {
        if depth > MAX_DEPTH {
            return Err(SchemaError::TooDeep { max: MAX_DEPTH, path: path.to_owned() });
        }
        if let Some(reference) = schema.get("$ref") {
            return self.definition(reference, path);
        }
        // Published built-in schemas wrap a reference that carries a default: allOf [$ref].
        if let Some(id) = self.wrapped_reference(schema, path)? {
            return Ok(id);
        }
        let node = self.read(schema, path, depth)?;
        if node.is_plain() {
            return Ok(self.plain(node));
        }
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
        self.open.push(id);
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
        self.open.pop();
        Ok(id)
    }

    /// A reference inside `allOf` with further keywords beside it, or one that is optional.
    fn wrapped_reference(&mut self, schema: &Value, path: &str) -> Result<Option<NodeId>, SchemaError> {
        if schema.get("type").is_some() || schema.get("properties").is_some() {
            return Ok(None);
        }
        let optional = optional(schema);
        let wrapped = match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([only]) => Some(only),
            _ => optional,
        };
        let Some(reference) = wrapped.and_then(|wrapped| wrapped.get("$ref")) else { return Ok(None) };
        let target = self.definition(reference, path)?;
        // An empty object as default says nothing that upstream would fill in.
        let default = schema.get("default").filter(|default| *default != &Value::Object(Map::new()));
        let nullable = schema.get("nullable") == Some(&Value::Bool(true)) || optional.is_some();
        let patch = patch_meta(schema);
        let plain = default.is_none() && !nullable && patch == PatchMeta::default();
        // A definition that refers to itself is not finished yet and cannot be copied.
        if plain || self.open.contains(&target) {
            return Ok(Some(target));
        }
        let mut node = self.nodes[target as usize].clone();
        node.default = default.cloned().or(node.default);
        node.nullable |= nullable;
        if patch != PatchMeta::default() {
            node.patch = patch;
        }
        Ok(Some(self.push(node)))
    }

    fn read(&mut self, schema: &Value, path: &str, depth: usize) -> Result<Node, SchemaError> {
        let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        let mut node = Node {
            kind: kind_of(schema),
            nullable: flag("nullable") || null_type(schema),
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
