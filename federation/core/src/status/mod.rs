//! What people see of an application: per cell, per cluster, in total, with problems by pod and conditions.
//!
//! What is not known says Unknown and since when (02 §10); the cell that is furthest behind is named.

mod condition;
mod summary;
mod why;

pub use condition::{
    Condition, ConditionType, Scheduling, SchedulingError, conditions, conditions_of_failure,
};
pub use summary::{
    Applied, CellCounts, CellSummary, ClusterReport, ClusterSummary, Problem, Summary, Totals, summarize,
};

pub use why::Why;

/// Problems that a status names (03, `problems[≤5]`).
pub const PROBLEMS_MAX: usize = 5;
