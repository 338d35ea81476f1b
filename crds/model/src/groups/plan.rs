//! What a plan in groups is, and how the pods of one group are spread over cells.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::apportion::{Claimant, apportion};
use crate::names::CellLabel;
use crate::release::GroupIndex;

/// Groups a plan may have. More would be a list that nobody reads or confirms.
pub const GROUPS_MAX: u64 = 10_000;

/// Whether a release begins with a beta group (`strategy.upgradeType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum UpgradeType {
    /// Group 0 is one pod in each cell that has a pod to move.
    #[default]
    Beta,
    /// Batches from the start.
    Batch,
}

/// How fast a release goes: its strategy, and the groups it already opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Whether there is a beta group.
    pub upgrade_type: UpgradeType,
    /// Pods per batch; `None`: all at once.
    pub batch_size: Option<u32>,
    /// Groups of this release that are done or open. The plan is for those after them; a beta group is planned
    /// only when there is none.
    pub groups_done: u32,
}

impl Pace {
    /// The pace of a release that has not begun.
    #[must_use]
    pub const fn new(upgrade_type: UpgradeType, batch_size: Option<u32>) -> Self {
        Self { upgrade_type, batch_size, groups_done: 0 }
    }

    /// The same pace after `groups_done` groups.
    #[must_use]
    pub const fn after(mut self, groups_done: u32) -> Self {
        self.groups_done = groups_done;
        self
    }
}

/// Why a group is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// One pod in each cell that has one to move.
    Beta,
    /// `batchSize` pods, or the last ones.
    Batch,
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Beta => "beta",
            Self::Batch => "batch",
        })
    }
}

/// The pods of one cell in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The cell.
    pub cell: CellLabel,
    /// Pods of it that move in this group; may be 0.
    pub pods: u32,
}

/// Pods that move together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its place in the release, counted from the release's first group.
    pub index: GroupIndex,
    /// Beta or batch.
    pub kind: GroupKind,
    /// One entry per cell, in the order of the cells.
    pub steps: Vec<Step>,
}

impl Group {
    /// Pods of all cells.
    #[must_use]
    pub fn pods(&self) -> u32 {
        self.steps.iter().map(|step| step.pods).sum()
    }

    /// Pods of one cell.
    #[must_use]
    pub fn pods_of(&self, cell: &str) -> u32 {
        self.steps.iter().find(|step| step.cell.as_str() == cell).map_or(0, |step| step.pods)
    }

    /// Pods per cell, in the order of the cells.
    #[must_use]
    pub fn counts(&self) -> Vec<u32> {
        self.steps.iter().map(|step| step.pods).collect()
    }
}

impl fmt::Display for Group {
    /// `group 1 (batch): 2+2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.steps.iter().map(|step| step.pods.to_string()).collect();
        write!(f, "group {} ({}): {}", self.index, self.kind, counts.join("+"))
    }
}

/// The groups that are still to come, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupPlan {
    /// None has 0 pods.
    pub groups: Vec<Group>,
    /// Groups before the first one here.
    pub groups_done: u32,
}

impl GroupPlan {
    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.groups.is_empty()
    }

    /// Groups of the whole release: those done and those to come.
    #[must_use]
    pub fn groups_total(&self) -> u32 {
        self.groups_done.saturating_add(u32::try_from(self.groups.len()).unwrap_or(u32::MAX))
    }

    /// Pods per cell that move up to and including group `last`: what `updatedTarget` rises by.
    #[must_use]
    pub fn pods_through(&self, last: GroupIndex) -> BTreeMap<CellLabel, u32> {
        let mut pods = BTreeMap::new();
        let open = self.groups.iter().filter(|group| group.index <= last);
        for step in open.flat_map(|group| &group.steps) {
            *pods.entry(step.cell.clone()).or_insert(0) += step.pods;
        }
        pods
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// A batch of no pod moves nothing.
    #[error("strategy.batchSize is 0: give at least 1, or leave it out to move all pods at once")]
    EmptyBatch,
    /// More groups than [`GROUPS_MAX`].
    #[error(
        "{pods} pods in batches of {batch_size} make {groups} groups, above {GROUPS_MAX}: raise strategy.batchSize"
    )]
    TooManyGroups {
        /// Pods to move.
        pods: u64,
        /// Pods per batch.
        batch_size: u32,
        /// Batches.
        groups: u64,
    },
    /// More of a cell's pods are at the new revision than it has.
    #[error("cell {cell} has {moved} pods moved out of {total}: observe it again")]
    MovedAboveTotal {
        /// The cell.
        cell: CellLabel,
        /// Pods counted as moved.
        moved: u32,
        /// Pods it has.
        total: u32,
    },
}

/// Pods that one cell still has to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remaining {
    pub cell: CellLabel,
    pub pods: u32,
}

/// Cuts what remains into groups: beta if it is due, then batches, each spread evenly.
pub(super) fn cut(pace: Pace, mut remaining: Vec<Remaining>) -> Result<GroupPlan, GroupError> {
    let pods: u64 = remaining.iter().map(|cell| u64::from(cell.pods)).sum();
    let batch_size = match pace.batch_size {
        Some(0) => return Err(GroupError::EmptyBatch),
        Some(size) => size,
        None => u32::MAX,
    };
    let batches = pods.div_ceil(u64::from(batch_size));
    if batches > GROUPS_MAX {
        return Err(GroupError::TooManyGroups { pods, batch_size, groups: batches });
    }
    let mut plan = GroupPlan { groups: Vec::new(), groups_done: pace.groups_done };
    if pace.upgrade_type == UpgradeType::Beta && pace.groups_done == 0 {
        let counts = remaining.iter().map(|cell| cell.pods.min(1)).collect();
        take(&mut plan, GroupKind::Beta, &mut remaining, counts);
    }
    while remaining.iter().any(|cell| cell.pods > 0) {
        let counts = spread(batch_size, &remaining);
        take(&mut plan, GroupKind::Batch, &mut remaining, counts);
    }
    Ok(plan)
}

/// Moves `counts` out of what remains into the next group of the plan; a group without pods is none.
fn take(plan: &mut GroupPlan, kind: GroupKind, remaining: &mut [Remaining], counts: Vec<u32>) {
    if counts.iter().all(|pods| *pods == 0) {
        return;
    }
    for (cell, pods) in remaining.iter_mut().zip(&counts) {
        cell.pods -= pods;
    }
    let steps =
        remaining.iter().zip(counts).map(|(cell, pods)| Step { cell: cell.cell.clone(), pods }).collect();
    plan.groups.push(Group { index: GroupIndex(plan.groups_total()), kind, steps });
}

/// `pods` over the cells as evenly as what remains allows. An odd pod goes to the cell with the most left, so that
/// cells end together; then to the earlier cell.
fn spread(pods: u32, remaining: &[Remaining]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..remaining.len()).collect();
    order.sort_by_key(|place| (std::cmp::Reverse(remaining[*place].pods), *place));
    let claimants: Vec<Claimant> =
        order.iter().map(|place| Claimant::of_weight(1).at_most(remaining[*place].pods)).collect();
    let mut counts = vec![0; remaining.len()];
    for (place, count) in order.into_iter().zip(apportion(pods, &claimants)) {
        counts[place] = count;
    }
    counts
}
