//! The hub's `Table`: columns and cells as the server sets them (KEP-1710's `meta.k8s.io/v1 Table`).

use serde::Deserialize;
use serde_json::Value;

use super::Query;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::table::Table as Text;

/// What is asked for; a server that sets no tables answers with the list itself.
pub(super) const ACCEPT: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/// Rows asked for at once.
const PAGE: &str = "500";

/// Rows of one kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table {
    #[serde(default)]
    pub(super) metadata: ListMeta,
    #[serde(default)]
    pub(super) column_definitions: Vec<Column>,
    #[serde(default)]
    pub(super) rows: Vec<Row>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListMeta {
    #[serde(default)]
    pub(super) resource_version: String,
    #[serde(default, rename = "continue")]
    pub(super) continue_: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    /// Above 0: only on a wide screen.
    #[serde(default)]
    pub(super) priority: i32,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Row {
    #[serde(default)]
    pub(super) cells: Vec<Value>,
    /// Metadata of the object.
    #[serde(default)]
    pub(super) object: Value,
    /// Whether name and namespace are as they are shown.
    #[serde(skip)]
    pub(super) is_prepared: bool,
}

impl Table {
    /// Adds the namespace where rows are of several, and the kind where there are several kinds.
    pub(super) fn prepare(&mut self, query: &Query, several: bool) {
        let namespaced = query.spans_namespaces();
        if namespaced && self.column_definitions.first().is_none_or(|column| column.name != "Namespace") {
            self.column_definitions.insert(0, Column { name: "Namespace".into(), priority: 0 });
        }
        for row in self.rows.iter_mut().filter(|row| !row.is_prepared) {
            row.is_prepared = true;
            if several && let Some(Value::String(name)) = row.cells.first_mut() {
                *name = query.kind.name_of(name);
            }
            if namespaced {
                let namespace = row.object.pointer("/metadata/namespace").cloned();
                row.cells.insert(0, namespace.unwrap_or_default());
            }
        }
    }

    /// As text.
    pub(super) fn text(&self, wide: bool) -> Text {
        let shown: Vec<usize> = (0..self.column_definitions.len())
            .filter(|column| wide || self.column_definitions[*column].priority == 0)
            .collect();
        let mut text =
            Text::new(shown.iter().map(|column| self.column_definitions[*column].name.to_uppercase()));
        for row in &self.rows {
            text.row(shown.iter().map(|column| cell(row.cells.get(*column))));
        }
        text
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "<none>".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The rows that a query asks for, page by page.
pub(super) async fn fetch(hub: &Hub, query: &Query) -> Result<Table, Failure> {
    let attempt = query.attempt();
    let mut whole: Option<Table> = None;
    let mut next = String::new();
    loop {
        let mut parameters = Vec::new();
        if query.name.is_none() {
            parameters.push(("limit", PAGE));
        }
        if !next.is_empty() {
            parameters.push(("continue", next.as_str()));
        }
        let page = hub.read(&query.path(&parameters, false), ACCEPT, &attempt).await?;
        let page: Table = serde_json::from_value(page)
            .map_err(|error| Failure::Parse { attempt: attempt.clone(), message: error.to_string() })?;
        next = page.metadata.continue_.clone();
        match &mut whole {
            None => whole = Some(page),
            Some(whole) => {
                whole.rows.extend(page.rows);
                whole.metadata = page.metadata;
            }
        }
        if next.is_empty() {
            return Ok(whole.unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::discover::tests::kinds;

    fn table() -> Table {
        serde_json::from_value(json!({
            "kind": "Table",
            "metadata": {"resourceVersion": "7"},
            "columnDefinitions": [
                {"name": "Name", "type": "string", "priority": 0},
                {"name": "Desired", "type": "integer"},
                {"name": "Reason", "type": "string", "priority": 1},
            ],
            "rows": [
                {"cells": ["shop", 20, null], "object": {"metadata": {"namespace": "bank"}}},
                {"cells": ["pay", 3, ""], "object": {"metadata": {"namespace": "default"}}},
            ],
        }))
        .unwrap()
    }

    fn query(namespace: Option<&str>) -> Query {
        let kind = kinds().one("fdeploy").unwrap().clone();
        let namespace = namespace.map(str::to_owned);
        Query { kind, namespace, name: None, selector: None, field_selector: None }
    }

    #[test]
    fn columns_are_those_of_the_server() {
        let mut narrow = table();
        narrow.prepare(&query(Some("bank")), false);
        assert_eq!(narrow.text(false).lines(), ["NAME   DESIRED", "shop   20", "pay    3"]);
        assert_eq!(narrow.text(true).lines()[1], "shop   20        <none>");
    }

    #[test]
    fn several_namespaces_and_kinds_are_told_apart() {
        let mut wide = table();
        wide.prepare(&query(None), true);
        wide.prepare(&query(None), true);
        let lines = wide.text(false).lines();
        assert_eq!(lines[0], "NAMESPACE   NAME                                              DESIRED");
        assert!(
            lines[1].starts_with("bank        federateddeployment.federation.cafefed.dev/shop   20"),
            "{}",
            lines[1]
        );
    }
}
