//! How a built-in kind is described: one expression that becomes a [`Resource`].

use std::sync::Arc;

use serde_json::Value;

use super::definitions::Library;
use crate::openapi::Published;
use crate::resource::{
    CellSource, Column, ExtraSubresource, Origin, PostedKind, Resource, ScalePaths, Strategy, Subresources,
    Verbs,
};

/// A cell of a built-in column: from the object and the time now in Unix seconds.
pub(super) type Compute = fn(&Value, i64) -> Value;

/// A built-in kind in the making.
pub(super) struct Kind {
    group: &'static str,
    plural: &'static str,
    kind: &'static str,
    definition: &'static str,
    short_names: &'static [&'static str],
    categories: &'static [&'static str],
    namespaced: bool,
    verbs: Verbs,
    subresources: Subresources,
    columns: Vec<Column>,
    selectable: &'static [&'static str],
}

impl Kind {
    /// A namespaced kind with every verb; all built-in kinds have version `v1`.
    pub(super) fn new(
        group: &'static str,
        plural: &'static str,
        kind: &'static str,
        definition: &'static str,
    ) -> Self {
        Self {
            group,
            plural,
            kind,
            definition,
            short_names: &[],
            categories: &[],
            namespaced: true,
            verbs: Verbs::ALL,
            subresources: Subresources::default(),
            columns: Vec::new(),
            selectable: &[],
        }
    }

    pub(super) fn cluster(mut self) -> Self {
        self.namespaced = false;
        self
    }

    pub(super) fn short(mut self, names: &'static [&'static str]) -> Self {
        self.short_names = names;
        self
    }

    pub(super) fn categories(mut self, names: &'static [&'static str]) -> Self {
        self.categories = names;
        self
    }

    pub(super) fn verbs(mut self, verbs: Verbs) -> Self {
        self.verbs = verbs;
        self
    }

    pub(super) fn status(mut self) -> Self {
        self.subresources.status = true;
        self
    }

    pub(super) fn scale(mut self, paths: ScalePaths) -> Self {
        self.subresources.scale = Some(paths);
        self
    }

    pub(super) fn subresource(
        mut self,
        name: &str,
        patch: bool,
        posted: Option<&'static PostedKind>,
    ) -> Self {
        self.subresources.others.push(ExtraSubresource { name: name.into(), patch, posted });
        self
    }

    pub(super) fn selectable(mut self, paths: &'static [&'static str]) -> Self {
        self.selectable = paths;
        self
    }

    /// A column that is always shown.
    pub(super) fn column(self, name: &str, type_: &str, description: &str, compute: Compute) -> Self {
        self.any_column(name, type_, description, 0, compute)
    }

    /// A column of `-o wide`.
    pub(super) fn wide(self, name: &str, type_: &str, description: &str, compute: Compute) -> Self {
        self.any_column(name, type_, description, 1, compute)
    }

    fn any_column(
        mut self,
        name: &str,
        type_: &str,
        description: &str,
        priority: i32,
        compute: Compute,
    ) -> Self {
        self.columns.push(Column {
            name: name.into(),
            type_: type_.into(),
            format: if name == "Name" { "name".into() } else { String::new() },
            description: description.into(),
            priority,
            source: CellSource::Computed(compute),
        });
        self
    }

    /// The age, computed like every built-in cell.
    pub(super) fn age(self) -> Self {
        self.column("Age", "string", AGE_DESCRIPTION, super::cells::age)
    }

    pub(super) fn build(self, library: &mut Library, strategy: impl Strategy) -> Resource {
        let words = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Resource {
            group: self.group.into(),
            version: "v1".into(),
            plural: self.plural.into(),
            singular: self.kind.to_lowercase(),
            kind: self.kind.into(),
            list_kind: format!("{}List", self.kind),
            short_names: words(self.short_names),
            categories: words(self.categories),
            namespaced: self.namespaced,
            verbs: self.verbs,
            schema: library.schema(self.definition),
            openapi: Published::Builtin,
            definition_name: self.definition.into(),
            origin: Origin::Builtin,
            subresources: self.subresources,
            columns: self.columns,
            selectable_fields: words(self.selectable),
            strategy: Arc::new(strategy),
        }
    }
}

const AGE_DESCRIPTION: &str = "CreationTimestamp is a timestamp representing the server time when this object was \
     created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set \
     this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for \
     lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";
