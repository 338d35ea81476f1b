//! Custom kinds: a [`Resource`] from the manifest of a CustomResourceDefinition (`apiextensions.k8s.io/v1`).

mod checks;
mod manifest;
mod published;

use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::openapi::Published;
use crate::resource::{CellSource, Column, Origin, Plain, Resource, ScalePaths, Subresources, Verbs};
use crate::schema::{Schema, SchemaError};
use crate::table::JsonPathError;
use manifest::{Crd, PrinterColumn, Version};

/// Why a manifest is no custom kind that we can serve.
#[derive(Debug, Error)]
pub enum CustomError {
    /// The manifest is not a CustomResourceDefinition.
    #[error("read the CustomResourceDefinition {name:?}")]
    Shape {
        /// `metadata.name`, or empty.
        name: String,
        /// What serde found.
        #[source]
        source: serde_json::Error,
    },
    /// A field breaks a rule.
    #[error("{crd}: {field}: Invalid value: {value:?}: {rule}")]
    Field {
        /// `metadata.name`.
        crd: String,
        /// Path of the field.
        field: String,
        /// What stands there.
        value: String,
        /// The rule.
        rule: String,
    },
    /// A JSON path cannot be read.
    #[error("{crd}: {field}: read the JSON path")]
    Path {
        /// `metadata.name`.
        crd: String,
        /// Path of the field.
        field: String,
        /// Why.
        #[source]
        source: JsonPathError,
    },
    /// The schema is not structural.
    #[error("{crd}: read the schema of version {version}")]
    Schema {
        /// `metadata.name`.
        crd: String,
        /// Which version.
        version: String,
        /// Why.
        #[source]
        source: Box<SchemaError>,
    },
}

/// The kind that the manifest `crd` defines, in its storage version: names, scope, schema, columns,
/// selectable fields, subresources. Other versions are not served. Errors: [`CustomError`] names the
/// definition and the field.
pub fn resource(crd: &Value) -> Result<Resource, CustomError> {
    let name = crd["metadata"]["name"].as_str().unwrap_or_default();
    let parsed: Crd = serde::Deserialize::deserialize(crd)
        .map_err(|source| CustomError::Shape { name: name.to_owned(), source })?;
    let (index, version) = checks::storage_version(&parsed)?;
    checks::names(&parsed)?;
    checks::paths(&parsed, index, version)?;
    let schema = version.schema.open_api_v3_schema.clone();
    let structural = Schema::from_json(&schema, &Map::new()).map_err(|source| CustomError::Schema {
        crd: name.to_owned(),
        version: version.name.clone(),
        source: Box::new(source),
    })?;
    let spec = &parsed.spec;
    let names = &spec.names;
    let definition_name = published::definition_name(&spec.group, &version.name, &names.kind);
    Ok(Resource {
        group: spec.group.clone(),
        version: version.name.clone(),
        plural: names.plural.clone(),
        singular: names.singular(),
        kind: names.kind.clone(),
        list_kind: names.list_kind(),
        short_names: names.short_names.clone(),
        categories: names.categories.clone(),
        namespaced: spec.scope == "Namespaced",
        verbs: Verbs::ALL,
        schema: Arc::new(structural),
        openapi: Published::own(&published::schema(schema, &spec.group, &version.name, &names.kind)),
        definition_name,
        origin: Origin::Custom,
        subresources: subresources(version),
        columns: columns(version),
        selectable_fields: version.selectable_fields.iter().map(|field| field.json_path.clone()).collect(),
        strategy: Arc::new(Plain),
    })
}

fn subresources(version: &Version) -> Subresources {
    let declared = version.subresources.as_ref();
    Subresources {
        status: declared.is_some_and(|sub| sub.status.is_some()),
        scale: declared.and_then(|sub| sub.scale.as_ref()).map(|scale| ScalePaths {
            spec_replicas: scale.spec_replicas_path.clone(),
            status_replicas: scale.status_replicas_path.clone(),
            label_selector: scale.label_selector_path.clone(),
        }),
        others: Vec::new(),
    }
}

/// The declared columns, or the age alone.
fn columns(version: &Version) -> Vec<Column> {
    let age = PrinterColumn {
        name: "Age".into(),
        type_: "date".into(),
        json_path: ".metadata.creationTimestamp".into(),
        description:
            "CreationTimestamp is a timestamp representing the server time when this object was created."
                .into(),
        ..PrinterColumn::default()
    };
    let declared = &version.additional_printer_columns;
    let list = if declared.is_empty() { std::slice::from_ref(&age) } else { declared };
    list.iter()
        .map(|column| Column {
            name: column.name.clone(),
            type_: column.type_.clone(),
            format: column.format.clone(),
            description: if column.description.is_empty() {
                format!("Custom resource definition column (in JSONPath format): {}", column.json_path)
            } else {
                column.description.clone()
            },
            priority: column.priority,
            source: CellSource::JsonPath(column.json_path.clone()),
        })
        .collect()
}

#[cfg(test)]
mod tests;
