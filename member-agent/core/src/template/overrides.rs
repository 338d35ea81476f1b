//! JSON patches on the pod template for some cells only (`topology.overrides`).

use serde_json::{Value, json};

/// Patches for some cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellOverride {
    /// The cells it is for.
    pub cells: Vec<String>,
    /// Operations of RFC 6902 on the template, as JSON.
    pub patches: Value,
}

/// Why a template cannot be rendered for a cell.
#[derive(Debug, thiserror::Error)]
pub enum OverrideError {
    /// The patch is not one.
    #[error("topology.overrides[{index}].patches is no JSON patch")]
    Unreadable {
        /// Which override.
        index: usize,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// An operation does not fit the template.
    #[error("topology.overrides[{index}] does not fit the template for cell {cell}: {source}")]
    DoesNotApply {
        /// Which override.
        index: usize,
        /// The cell.
        cell: String,
        /// Which operation, and why.
        #[source]
        source: json_patch::PatchError,
    },
    /// It names a cell that the application does not have.
    #[error("topology.overrides[{index}] names cell {cell}, which topology.values does not list")]
    UnknownCell {
        /// Which override.
        index: usize,
        /// The cell.
        cell: String,
    },
}

impl CellOverride {
    /// The override as JSON, for history and hashes.
    pub fn to_json(&self) -> Value {
        json!({"values": self.cells, "patches": self.patches})
    }

    /// Reads what [`CellOverride::to_json`] wrote.
    pub fn from_json(value: &Value) -> Option<Self> {
        let cells = value.get("values")?.as_array()?;
        let cells = cells.iter().map(|cell| cell.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
        Some(Self { cells, patches: value.get("patches")?.clone() })
    }
}

/// The template as one cell has it.
pub fn render(template: &Value, overrides: &[CellOverride], cell: &str) -> Result<Value, OverrideError> {
    let mut rendered = template.clone();
    for (index, change) in overrides.iter().enumerate() {
        if !change.cells.iter().any(|known| known == cell) {
            continue;
        }
        let patch: json_patch::Patch = serde_json::from_value(change.patches.clone())
            .map_err(|source| OverrideError::Unreadable { index, source })?;
        json_patch::patch(&mut rendered, &patch).map_err(|source| OverrideError::DoesNotApply {
            index,
            cell: cell.to_owned(),
            source,
        })?;
    }
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_cell_is_changed() {
        let template = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}]}});
        let change = CellOverride {
            cells: vec!["B".into()],
            patches: json!([{"op": "replace", "path": "/spec/containers/0/image", "value": "y:1"}]),
        };
        let overrides = [change.clone()];
        assert_eq!(render(&template, &overrides, "A").unwrap(), template);
        assert_eq!(render(&template, &overrides, "B").unwrap()["spec"]["containers"][0]["image"], "y:1");
        assert_eq!(CellOverride::from_json(&change.to_json()), Some(change));
    }

    #[test]
    fn errors_name_override_cell_and_operation() {
        let patches = json!([{"op": "remove", "path": "/spec/nowhere"}]);
        let overrides = [CellOverride { cells: vec!["B".into()], patches }];
        let error = render(&json!({"spec": {}}), &overrides, "B").unwrap_err().to_string();
        assert!(error.starts_with("topology.overrides[0] does not fit the template for cell B: "), "{error}");
        let overrides = [CellOverride { cells: vec!["B".into()], patches: json!([{"op": "fly"}]) }];
        assert!(matches!(
            render(&json!({}), &overrides, "B"),
            Err(OverrideError::Unreadable { index: 0, .. })
        ));
    }
}
