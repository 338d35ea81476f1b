//! The patches of one cluster: on its manifest, and on the pod template of some of its cells.

use std::collections::BTreeMap;

use crds::apps::{CellOverride, JsonPatchOperation, PatchOp};
use federation_core::overrides::{Difference, ImageRewrite, OverrideNote, Place, for_cluster};
use federation_core::report::Report;
use model::CellName;
use serde_json::Value;

use super::parse::Entry;
use super::{OverrideError, Overrides};

/// What one cluster changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patches {
    /// On the whole manifest.
    pub manifest: Vec<JsonPatchOperation>,
    /// On the pod template of some cells.
    pub cells: Vec<CellOverride>,
    /// Overrides that were left out, and why.
    pub notes: Vec<String>,
}

/// Where the pod template of a CafeDeployment is; patches for cells stay below it.
const POD_TEMPLATE: &str = "/spec/template";

impl Overrides {
    /// The patches for a CafeDeployment in a cluster whose places are `places`; `label` gives the node label of a
    /// cell. Each patch is tried on `manifest`.
    pub fn of_cluster(
        &self,
        manifest: &Value,
        places: &[Place],
        label: impl Fn(&CellName) -> String,
    ) -> Result<Patches, OverrideError> {
        let mut patches = Patches::default();
        if self.entries.is_empty() {
            return Ok(patches);
        }
        let mut whole = manifest.clone();
        for entry in self.entries.iter().filter(|entry| !entry.is_for_cells) {
            if places.iter().any(|place| entry.over.scope.covers(place)) {
                patches.manifest.extend(apply(&mut whole, entry, "")?);
            }
        }
        let mut by_cell: BTreeMap<String, Vec<JsonPatchOperation>> = BTreeMap::new();
        for place in places {
            let mut own = whole.clone();
            let mut operations = Vec::new();
            for entry in
                self.entries.iter().filter(|entry| entry.is_for_cells && entry.over.scope.covers(place))
            {
                operations.extend(apply(&mut own, entry, POD_TEMPLATE)?);
            }
            if !operations.is_empty() {
                by_cell.insert(label(&place.cell), operations);
            }
        }
        for (value, operations) in by_cell {
            match patches.cells.iter_mut().find(|same| same.patches == operations) {
                Some(same) => same.values.push(value),
                None => patches.cells.push(CellOverride { values: vec![value], patches: operations }),
            }
        }
        Ok(patches)
    }

    /// The patches for any other manifest: one serves all cells of a cluster, so an override for some of them is left
    /// out there, with a note.
    pub fn of_resource(&self, manifest: &Value, places: &[Place]) -> Result<Patches, OverrideError> {
        let mut patches = Patches::default();
        let mut whole = manifest.clone();
        for entry in &self.entries {
            let applied = for_cluster(std::slice::from_ref(&entry.over), places);
            if !applied.differences.is_empty() {
                patches.manifest.extend(apply(&mut whole, entry, "")?);
            }
            patches.notes.extend(notes(entry.index, &applied.report));
        }
        Ok(patches)
    }
}

fn notes(index: usize, report: &Report<OverrideNote>) -> impl Iterator<Item = String> + '_ {
    report.findings.iter().map(move |finding| format!("overrides[{index}] {}", finding.reason))
}

/// Applies one override to `manifest`, and returns its operations with paths below `root`.
fn apply(manifest: &mut Value, entry: &Entry, root: &str) -> Result<Vec<JsonPatchOperation>, OverrideError> {
    let error = |message: String| OverrideError { index: entry.index, message };
    let operations = match &entry.over.difference {
        Difference::Patches(patches) => patches.clone(),
        Difference::Images(rewrite) => images(manifest, rewrite).map_err(error)?,
    };
    let text = serde_json::to_value(&operations).map_err(|e| error(e.to_string()))?;
    let patch: json_patch::Patch = serde_json::from_value(text).map_err(|e| error(e.to_string()))?;
    json_patch::patch(manifest, &patch).map_err(|e| error(format!("does not fit the manifest: {e}")))?;
    operations.into_iter().map(|operation| below(operation, root).map_err(error)).collect()
}

/// The operation with its paths relative to `root`.
fn below(operation: JsonPatchOperation, root: &str) -> Result<JsonPatchOperation, String> {
    let relative = |path: &str| match path.strip_prefix(root) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(rest.to_owned()),
        _ => Err(format!(
            "with cells or units, only paths below {root} can differ, but {path} is not: use clusters or sites"
        )),
    };
    let from = operation.from.as_deref().map(relative).transpose()?;
    Ok(JsonPatchOperation { path: relative(&operation.path)?, from, ..operation })
}

/// Replacements of every image of the pods.
fn images(manifest: &Value, rewrite: &ImageRewrite) -> Result<Vec<JsonPatchOperation>, String> {
    let mut operations = Vec::new();
    for pods in ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/spec"] {
        for list in ["initContainers", "containers"] {
            let path = format!("{pods}/{list}");
            let Some(containers) = manifest.pointer(&path).and_then(Value::as_array) else { continue };
            for (place, container) in containers.iter().enumerate() {
                let Some(image) = container["image"].as_str() else { continue };
                let rewritten = rewrite.apply(image).map_err(|e| e.to_string())?;
                operations.push(JsonPatchOperation {
                    op: PatchOp::Replace,
                    path: format!("{path}/{place}/image"),
                    from: None,
                    value: Some(rewritten.into()),
                });
            }
        }
    }
    if operations.is_empty() {
        return Err("images: the manifest has no containers".to_owned());
    }
    Ok(operations)
}

#[cfg(test)]
mod tests {
    use crds::federation::{ImageOverride, Override as Written};
    use model::{ClusterName, SiteName, UnitName};
    use serde_json::json;

    use super::*;

    fn manifest() -> Value {
        json!({"kind": "CafeDeployment", "spec": {"strategy": {}, "template": {"spec": {
            "initContainers": [{"name": "init", "image": "init:v1"}],
            "containers": [{"name": "shop", "image": "registry.example/shop:v1"}]}}}})
    }

    fn place(cell: &str) -> Place {
        Place {
            cell: CellName::new(cell).unwrap(),
            unit: UnitName::new(&cell[..4]).unwrap(),
            cluster: ClusterName::new("sh-a").unwrap(),
            site: SiteName::new("sh-a").unwrap(),
        }
    }

    fn operation(path: &str, value: Value) -> JsonPatchOperation {
        JsonPatchOperation { op: PatchOp::Add, path: path.into(), from: None, value: Some(value) }
    }

    fn patches(written: &[Written]) -> Result<Patches, OverrideError> {
        let label = |cell: &CellName| cell.shown();
        Overrides::parse(written)?.of_cluster(&manifest(), &[place("rz82a"), place("rz82b")], label)
    }

    #[test]
    fn images_of_a_cluster_become_patches_on_its_manifest() {
        let images = ImageOverride { registry: Some("registry.sh.example".into()), tag: None };
        let over = Written { clusters: vec!["sh-a".into()], images: Some(images), ..Written::default() };
        let found = patches(&[over]).unwrap();
        let values: Vec<_> =
            found.manifest.iter().map(|o| (o.path.as_str(), o.value.clone().unwrap())).collect();
        assert_eq!(
            values,
            [
                ("/spec/template/spec/initContainers/0/image", json!("registry.sh.example/init:v1")),
                ("/spec/template/spec/containers/0/image", json!("registry.sh.example/shop:v1")),
            ]
        );
        assert!(found.cells.is_empty());
    }

    #[test]
    fn what_is_for_cells_is_relative_to_the_pod_template_and_equal_cells_share_it() {
        let add = operation("/spec/template/spec/priority", json!(1));
        let unit = Written { units: vec!["rz82".into()], patches: vec![add], ..Written::default() };
        let found = patches(std::slice::from_ref(&unit)).unwrap();
        assert_eq!(found.cells.len(), 1);
        assert_eq!(found.cells[0].values, ["RZ82A", "RZ82B"]);
        assert_eq!(found.cells[0].patches[0].path, "/spec/priority");
        let images = ImageOverride { registry: None, tag: Some("gray".into()) };
        let cell = Written { cells: vec!["rz82b".into()], images: Some(images), ..Written::default() };
        let found = patches(&[unit, cell]).unwrap();
        assert_eq!(found.cells.len(), 2);
        assert_eq!(found.cells[1].patches.len(), 3);
        assert_eq!(found.cells[1].patches[2].path, "/spec/containers/0/image");
    }

    #[test]
    fn a_path_outside_of_the_pod_template_or_that_is_not_there_is_refused() {
        let outside = operation("/spec/strategy/batchSize", json!(1));
        let over = Written { cells: vec!["rz82a".into()], patches: vec![outside], ..Written::default() };
        assert!(patches(&[over]).unwrap_err().message.contains("use clusters or sites"));
        let missing = operation("/spec/none/0", json!(1));
        let over = Written { clusters: vec!["sh-a".into()], patches: vec![missing], ..Written::default() };
        assert!(patches(&[over]).unwrap_err().message.contains("does not fit"));
    }

    #[test]
    fn a_resource_takes_only_what_covers_the_whole_cluster() {
        let manifest = json!({"kind": "ConfigMap", "data": {}});
        let over = |cells: &[&str]| Written {
            cells: cells.iter().map(|c| (*c).to_owned()).collect(),
            patches: vec![operation("/data/a", json!("1"))],
            ..Written::default()
        };
        let places = [place("rz82a"), place("rz82b")];
        let both = Overrides::parse(&[over(&["rz82a", "rz82b"])]).unwrap();
        assert_eq!(both.of_resource(&manifest, &places).unwrap().manifest.len(), 1);
        let half = Overrides::parse(&[over(&["rz82a"])]).unwrap();
        let found = half.of_resource(&manifest, &places).unwrap();
        assert!(found.manifest.is_empty());
        assert!(found.notes[0].contains("covers rz82a of cluster sh-a but not rz82b"), "{:?}", found.notes);
    }
}
