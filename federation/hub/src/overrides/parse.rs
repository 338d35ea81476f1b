//! Overrides in the words of the core.

use std::collections::BTreeSet;
use std::str::FromStr;

use crds::apps::JsonPatchOperation;
use crds::federation::Override as Written;
use federation_core::overrides::{Difference, ImageRewrite, Override, OverrideNote, Place, Scope, unmatched};
use federation_core::report::Report;
use model::NameError;

/// Why an override cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("overrides[{index}]: {message}")]
pub struct OverrideError {
    /// Its place in the list.
    pub index: usize,
    /// What is wrong.
    pub message: String,
}

/// The overrides of one source, in order. One that has patches and images has two entries, patches first.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub(super) entries: Vec<Entry>,
    written: Vec<Override<()>>,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub index: usize,
    /// Whether it is for cells, and so about their pod template only.
    pub is_for_cells: bool,
    pub over: Override<Vec<JsonPatchOperation>>,
}

impl Overrides {
    /// Reads what people wrote.
    pub fn parse(written: &[Written]) -> Result<Self, OverrideError> {
        let mut overrides = Self::default();
        for (index, over) in written.iter().enumerate() {
            let error = |message: String| OverrideError { index, message };
            let scope = scope(over).map_err(|e| error(e.to_string()))?;
            if scope == Scope::default() {
                return Err(error("selects nothing: name cells, clusters, units or sites".to_owned()));
            }
            let is_for_cells = !scope.cells.is_empty() || !scope.units.is_empty();
            let mut add = |difference| {
                let over = Override { scope: scope.clone(), difference };
                overrides.entries.push(Entry { index, is_for_cells, over });
            };
            if !over.patches.is_empty() {
                add(Difference::Patches(over.patches.clone()));
            }
            if let Some(images) = &over.images {
                let rewrite = ImageRewrite { registry: images.registry.clone(), tag: images.tag.clone() };
                add(Difference::Images(rewrite));
            }
            overrides.written.push(Override { scope, difference: Difference::Patches(()) });
        }
        Ok(overrides)
    }

    /// Those that apply in none of the places, by name.
    pub fn unmatched(&self, places: &[Place]) -> Report<OverrideNote> {
        unmatched(&self.written, places)
    }
}

fn scope(over: &Written) -> Result<Scope, NameError> {
    fn names<T: FromStr<Err = NameError> + Ord>(names: &[String]) -> Result<BTreeSet<T>, NameError> {
        names.iter().map(|name| name.parse()).collect()
    }
    Ok(Scope {
        cells: names(&over.cells)?,
        clusters: names(&over.clusters)?,
        units: names(&over.units)?,
        sites: names(&over.sites)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_for_nowhere_or_with_a_bad_name_is_refused_by_its_index() {
        let nowhere = Written::default();
        assert_eq!(Overrides::parse(&[nowhere]).unwrap_err().index, 0);
        let good = Written { clusters: vec!["hz-a".into()], ..Written::default() };
        let bad = Written { clusters: vec!["HZ_A".into()], ..Written::default() };
        let error = Overrides::parse(&[good, bad]).unwrap_err();
        assert_eq!(error.index, 1);
        assert!(error.message.contains("HZ_A"), "{error}");
    }
}
