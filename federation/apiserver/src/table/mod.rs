//! `meta.k8s.io/v1 Table`: what `kubectl get` shows.
//!
//! A [`Printer`] is made once per kind and writes rows into a buffer, so that a LIST or a watch of
//! tables costs one parsed object at a time and no tree of the table.

mod age;
mod cell;
mod jsonpath;

use serde::Serialize;
use serde_json::Value;

pub use age::{human_duration, since};
pub use jsonpath::{JsonPath, JsonPathError};

use crate::resource::{CellSource, Column, Resource};
use crate::status::{ApiError, ApiResult};

/// What stands beside the cells of a row (`?includeObject=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// A `PartialObjectMetadata`.
    #[default]
    Metadata,
    /// The whole object.
    Object,
}

impl IncludeObject {
    /// From the query parameter; the empty string is the default. Errors: 400 for another word.
    pub fn parse(text: &str) -> ApiResult<Self> {
        match text {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::None),
            "Object" => Ok(Self::Object),
            other => Err(ApiError::bad_request(format!(
                "Invalid value: \"{other}\": must be 'Metadata', 'Object', 'None', or empty"
            ))),
        }
    }
}

/// A column as it stands in a table.
#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    type_: &'a str,
    format: &'a str,
    description: &'a str,
    priority: i32,
}

/// Where a cell comes from, made ready.
enum Cell {
    Name,
    Path { path: Option<JsonPath>, type_: String },
    Computed(fn(&Value, i64) -> Value),
}

/// Writes the tables of one kind.
pub struct Printer {
    columns: String,
    cells: Vec<Cell>,
}

const NAME_DESCRIPTION: &str = "Name must be unique within a namespace. Is required when creating resources, although \
     some resources may allow a client to request the generation of an appropriate name automatically. Name is \
     primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: \
     https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

impl Printer {
    /// The printer of a kind. A path that cannot be read gives empty cells; `custom` refuses it before.
    pub fn new(resource: &Resource) -> Self {
        let mut definitions = Vec::new();
        let mut cells = Vec::new();
        if !resource.columns.iter().any(|column| column.name == "Name") {
            cells.push(Cell::Name);
            definitions.push(Definition {
                name: "Name",
                type_: "string",
                format: "name",
                description: NAME_DESCRIPTION,
                priority: 0,
            });
        }
        for column in &resource.columns {
            cells.push(cell_of(column));
            let Column { name, type_, format, description, priority, .. } = column;
            definitions.push(Definition { name, type_, format, description, priority: *priority });
        }
        let columns = serde_json::to_string(&definitions).expect("texts and numbers always serialize");
        Self { columns, cells }
    }

    /// The JSON array of `columnDefinitions`.
    pub fn columns_json(&self) -> &str {
        &self.columns
    }

    /// The beginning of a table up to and with `"rows":[`. `metadata` is the JSON of a ListMeta. Rows
    /// follow with commas between them, then [`Printer::TABLE_END`]. In a watch, only the first event
    /// carries the columns.
    pub fn table_start(&self, metadata: &str, with_columns: bool) -> Vec<u8> {
        let columns = if with_columns { self.columns.as_str() } else { "null" };
        let text = format!(
            "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{metadata},\
             \"columnDefinitions\":{columns},\"rows\":["
        );
        text.into_bytes()
    }

    /// What closes a table.
    pub const TABLE_END: &'static [u8] = b"]}";

    /// One row as JSON. `now` is in Unix seconds.
    pub fn row(&self, object: &Value, include: IncludeObject, now: i64) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.write_row(&mut out, object, include, now);
        out
    }

    /// Appends one row as JSON to `out`.
    pub fn write_row(&self, out: &mut Vec<u8>, object: &Value, include: IncludeObject, now: i64) {
        out.extend_from_slice(b"{\"cells\":[");
        for (i, cell) in self.cells.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            match cell {
                Cell::Name => write_json(out, &object["metadata"]["name"]),
                Cell::Path { path: Some(path), type_ } => cell::write(out, path.first(object), type_, now),
                Cell::Path { path: None, .. } => out.extend_from_slice(b"null"),
                Cell::Computed(compute) => write_json(out, &compute(object, now)),
            }
        }
        out.push(b']');
        match include {
            IncludeObject::None => out.extend_from_slice(b",\"object\":null"),
            IncludeObject::Metadata => {
                out.extend_from_slice(
                    b",\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":",
                );
                write_json(out, &object["metadata"]);
                out.push(b'}');
            }
            IncludeObject::Object => {
                out.extend_from_slice(b",\"object\":");
                write_json(out, object);
            }
        }
        out.push(b'}');
    }
}

fn cell_of(column: &Column) -> Cell {
    match &column.source {
        CellSource::JsonPath(path) => {
            Cell::Path { path: JsonPath::parse(path).ok(), type_: column.type_.clone() }
        }
        CellSource::Computed(compute) => Cell::Computed(*compute),
    }
}

fn write_json(out: &mut Vec<u8>, value: &Value) {
    serde_json::to_writer(out, value).expect("a JSON value always serializes into memory");
}

#[cfg(test)]
mod tests;
