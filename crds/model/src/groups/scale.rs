//! In which groups pods are added and removed when `replicas` or the shares of cells change.
//!
//! A change of shares may need both: the additions come first and the removals when they are available, so that
//! the application never runs with less than it should.

use super::plan::{GroupError, GroupPlan, Pace, Remaining, UpgradeType, cut};
use super::shares::Shares;
use crate::names::CellLabel;

/// How many pods a cell has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellCount {
    /// The cell.
    pub cell: CellLabel,
    /// Pods it has, or was told to have by a group that is open.
    pub pods: u32,
}

fn pods_of(current: &[CellCount], cell: &str) -> u32 {
    current.iter().find(|count| count.cell.as_str() == cell).map_or(0, |count| count.pods)
}

/// The groups in which cells below their share get pods: the same groups as an update, the first roll-out
/// included (02 §3.2). Cells are in the order of `shares`.
pub fn plan_scale_out(current: &[CellCount], shares: &Shares, pace: Pace) -> Result<GroupPlan, GroupError> {
    let remaining = shares
        .cells
        .iter()
        .map(|share| Remaining {
            cell: share.cell.clone(),
            pods: share.replicas.saturating_sub(pods_of(current, share.cell.as_str())),
        })
        .collect();
    cut(pace, remaining)
}

/// The groups in which cells above their share lose pods, `batch_size` at a time (`None`: all at once), from the
/// cells with the most to lose first, so that what is left stays balanced. There is no beta group: nothing new
/// is tried. A cell that the application no longer lists comes last and loses all of its pods.
pub fn plan_scale_in(
    current: &[CellCount],
    shares: &Shares,
    batch_size: Option<u32>,
    groups_done: u32,
) -> Result<GroupPlan, GroupError> {
    let listed = shares.cells.iter().map(|share| Remaining {
        cell: share.cell.clone(),
        pods: pods_of(current, share.cell.as_str()).saturating_sub(share.replicas),
    });
    let unlisted = current
        .iter()
        .filter(|count| !shares.cells.iter().any(|share| share.cell == count.cell))
        .map(|count| Remaining { cell: count.cell.clone(), pods: count.pods });
    let pace = Pace::new(UpgradeType::Batch, batch_size).after(groups_done);
    cut(pace, listed.chain(unlisted).collect())
}
