//! In which groups the pods of an old revision move to the new one.

use super::plan::{GroupError, GroupPlan, Pace, Remaining, cut};
use crate::names::CellLabel;

/// How far one cell is with the new revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellProgress {
    /// The cell.
    pub cell: CellLabel,
    /// Pods it should have.
    pub total: u32,
    /// Pods that are at the new revision, or were told to go there by a group that is open.
    pub moved: u32,
}

/// The groups that are left, from what is observed: of a fresh release, of one in the middle, of one whose
/// `replicas` changed on the way. Cells keep the given order.
pub fn plan_update(cells: &[CellProgress], pace: Pace) -> Result<GroupPlan, GroupError> {
    let mut remaining = Vec::with_capacity(cells.len());
    for CellProgress { cell, total, moved } in cells {
        let Some(pods) = total.checked_sub(*moved) else {
            return Err(GroupError::MovedAboveTotal { cell: cell.clone(), moved: *moved, total: *total });
        };
        remaining.push(Remaining { cell: cell.clone(), pods });
    }
    cut(pace, remaining)
}
