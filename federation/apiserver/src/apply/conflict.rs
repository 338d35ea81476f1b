//! Fields that an apply would take from somebody else.

use super::fieldset::{FieldSet, shown};
use super::managed::Owner;
use crate::status::{ApiError, Cause, Details};

/// What one manager would lose.
#[derive(Clone, Debug)]
pub(super) struct Conflict {
    pub(super) owner: Owner,
    pub(super) set: FieldSet,
}

/// 409 with one cause per field, worded as upstream.
pub(super) fn error(conflicts: &[Conflict]) -> ApiError {
    let mut sorted: Vec<(String, Vec<String>)> = conflicts
        .iter()
        .map(|conflict| {
            let mut paths = Vec::new();
            conflict.set.for_each(&mut |path| paths.push(shown(path)));
            (conflict.owner.shown(), paths)
        })
        .collect();
    sorted.sort();
    let mut causes = Vec::new();
    for (owner, paths) in &sorted {
        for path in paths {
            causes.push(Cause {
                reason: "FieldManagerConflict".into(),
                message: format!("conflict with {owner}"),
                field: path.clone(),
            });
        }
    }
    let message = match sorted.as_slice() {
        [(owner, paths)] if paths.len() == 1 => {
            format!("Apply failed with 1 conflict: conflict with {owner}: {}", paths[0])
        }
        many => {
            let mut lines = Vec::new();
            for (owner, paths) in many {
                lines.push(format!("conflicts with {owner}:"));
                lines.extend(paths.iter().map(|path| format!("- {path}")));
            }
            format!("Apply failed with {} conflicts: {}", causes.len(), lines.join("\n"))
        }
    };
    ApiError::new(409, "Conflict", message).with(Details { causes, ..Details::default() })
}
