//! The group planner: which pods of an application move together inside one cluster (02 §3).
//!
//! The hub's dry run and the agent share it, so that what was shown is what happens. It has no memory: each
//! answer is a function of what remains to be done, so a change of `replicas` in mid-release, or an agent that
//! starts again, replans by asking again.
//!
//! - [`shares`]: how many replicas each cell should have, and why;
//! - [`plan_update`]: in which groups the pods of an old revision move to the new one;
//! - [`plan_scale_out`], [`plan_scale_in`]: in which groups pods are added and removed.

mod plan;
mod scale;
mod shares;
mod update;

#[cfg(test)]
mod cases;

pub use plan::{GROUPS_MAX, Group, GroupError, GroupKind, GroupPlan, Pace, Step, UpgradeType};
pub use scale::{CellCount, plan_scale_in, plan_scale_out};
pub use shares::{CellShare, Pin, PinError, ShareError, ShareReason, Shares, SharesInput, shares};
pub use update::{CellProgress, plan_update};
