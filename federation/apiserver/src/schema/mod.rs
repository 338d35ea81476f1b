//! Structural schemas: parse, prune, default, validate.
//!
//! A [`Schema`] is an arena of nodes: children and `$ref`s are indexes into it, so recursive
//! definitions (JSONSchemaProps) are ordinary edges, and a schema is shared by one `Arc`.
//! Two flavours are read: the `openAPIV3Schema` of a custom kind, and the published schemas of the
//! built-in kinds. The order of work on a write is that of upstream: prune, default, validate.

mod defaulting;
mod error;
mod formats;
mod junctors;
mod keywords;
mod list_types;
pub mod metadata;
mod parse;
mod path;
mod prune;
mod ratchet;
mod rules;
mod special;
mod validate;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::cel::Rule;
pub use defaulting::default;
pub use error::SchemaError;
pub(crate) use path::Path;
pub use prune::prune;
pub(crate) use ratchet::item as correlate_item;
pub(crate) use rules::shown;
pub use validate::validate;

/// A parsed structural schema of one kind (or of one part of it).
#[derive(Debug)]
pub struct Schema {
    nodes: Vec<Node>,
    root: NodeId,
}

/// Index of a node inside its schema.
pub(crate) type NodeId = u32;

/// The JSON type that a node asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything goes.
    #[default]
    Any,
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    /// `x-kubernetes-int-or-string`.
    IntOrString,
    /// A resource quantity: string or number.
    Quantity,
}

impl Kind {
    /// The name that upstream prints.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::IntOrString => "integer,string",
            Self::Quantity => "string,number",
        }
    }
}

/// `additionalProperties`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Additional {
    /// Not given: other properties are unknown fields.
    #[default]
    None,
    /// `true`: any value is fine.
    Any,
    /// Values follow this schema.
    Schema(NodeId),
}

/// `x-kubernetes-list-type`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ListType {
    /// The list is one value with one owner.
    #[default]
    Atomic,
    /// Scalars, each at most once.
    Set,
    /// Objects that are told apart by these keys.
    Map(Vec<Box<str>>),
}

/// How strategic merge treats a list or map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PatchMeta {
    /// `x-kubernetes-patch-merge-key`.
    pub(crate) merge_key: Option<Box<str>>,
    /// `x-kubernetes-patch-strategy` holds `merge`.
    pub(crate) merge: bool,
    /// `x-kubernetes-patch-strategy` holds `retainKeys`.
    pub(crate) retain_keys: bool,
}

/// One schema node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    /// Unknown fields below are kept.
    pub(crate) preserve_unknown: bool,
    /// The value is an object with apiVersion, kind and metadata of its own.
    pub(crate) embedded: bool,
    pub(crate) properties: BTreeMap<Box<str>, NodeId>,
    pub(crate) additional: Additional,
    pub(crate) items: Option<NodeId>,
    pub(crate) required: Vec<Box<str>>,
    pub(crate) default: Option<Value>,
    pub(crate) list_type: ListType,
    /// `x-kubernetes-map-type: atomic`.
    pub(crate) atomic_map: bool,
    pub(crate) patch: PatchMeta,
    /// Rarely set bounds, boxed so that nodes stay small.
    pub(crate) bounds: Option<Box<Bounds>>,
    /// `x-kubernetes-validations`, compiled.
    pub(crate) rules: Vec<Rule>,
    /// Whether this node or one below has rules; walks stop where it is false.
    pub(crate) rules_below: bool,
}

impl Node {
    /// Whether the node says no more than its type and whether null is one.
    fn is_plain(&self) -> bool {
        !matches!(self.kind, Kind::Object | Kind::Array)
            && !self.preserve_unknown
            && !self.embedded
            && self.properties.is_empty()
            && self.additional == Additional::None
            && self.items.is_none()
            && self.required.is_empty()
            && self.default.is_none()
            && self.list_type == ListType::Atomic
            && !self.atomic_map
            && self.patch == PatchMeta::default()
            && self.bounds.is_none()
            && self.rules.is_empty()
    }
}

/// Value rules beyond the type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) format: Option<Box<str>>,
    pub(crate) enumeration: Vec<Value>,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_minimum: bool,
    pub(crate) exclusive_maximum: bool,
    pub(crate) multiple_of: Option<f64>,
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    pub(crate) pattern: Option<(Box<str>, regex::Regex)>,
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) unique_items: bool,
    pub(crate) min_properties: Option<u64>,
    pub(crate) max_properties: Option<u64>,
    pub(crate) all_of: Vec<NodeId>,
    pub(crate) any_of: Vec<NodeId>,
    pub(crate) one_of: Vec<NodeId>,
    pub(crate) not: Option<NodeId>,
}

/// A node together with its arena; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    nodes: &'a [Node],
    node: &'a Node,
}

impl std::ops::Deref for At<'_> {
    type Target = Node;

    fn deref(&self) -> &Node {
        self.node
    }
}

impl<'a> At<'a> {
    /// The node `id` of the same arena.
    pub(crate) fn at(self, id: NodeId) -> At<'a> {
        At { nodes: self.nodes, node: &self.nodes[id as usize] }
    }

    /// The declared property `name`.
    pub(crate) fn property(self, name: &str) -> Option<At<'a>> {
        self.node.properties.get(name).map(|id| self.at(*id))
    }

    /// The schema of a value under `name`: declared, or that of additional properties.
    pub(crate) fn child(self, name: &str) -> Option<At<'a>> {
        self.property(name).or_else(|| match self.node.additional {
            Additional::Schema(id) => Some(self.at(id)),
            Additional::None | Additional::Any => None,
        })
    }

    /// The schema of list items.
    pub(crate) fn item(self) -> Option<At<'a>> {
        self.node.items.map(|id| self.at(id))
    }

    /// The `format` keyword.
    pub(crate) fn node_format(self) -> Option<&'a str> {
        self.node.bounds.as_ref().and_then(|bounds| bounds.format.as_deref())
    }

    /// The default of property `name`, if there is one.
    pub(crate) fn default_of(self, name: &str) -> Option<&'a Value> {
        self.node.properties.get(name).and_then(|id| self.nodes[*id as usize].default.as_ref())
    }
}

impl Schema {
    /// Reads `schema`, an OpenAPI v3 schema. `#/components/schemas/X` inside it means
    /// `definitions["X"]`; each definition is read once and shared, recursion is fine.
    ///
    /// The root always knows `apiVersion`, `kind` and `metadata` (as ObjectMeta), as upstream adds
    /// them to every custom kind.
    ///
    /// # Errors
    /// A missing definition, a pattern or a CEL rule that does not compile, a malformed keyword.
    pub fn from_json(schema: &Value, definitions: &Map<String, Value>) -> Result<Self, SchemaError> {
        parse::parse(schema, definitions)
    }

    /// A schema that accepts and keeps everything below apiVersion, kind and metadata.
    pub fn any() -> Self {
        let open = serde_json::json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        Self::from_json(&open, &Map::new()).unwrap_or_else(|_| Self { nodes: vec![Node::default()], root: 0 })
    }

    /// The root node.
    pub(crate) fn at(&self) -> At<'_> {
        At { nodes: &self.nodes, node: &self.nodes[self.root as usize] }
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self::any()
    }
}
