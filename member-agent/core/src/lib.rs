//! Pure decisions of the member agent: which pods of an application exist, and which of them move now (02 §3).
//!
//! A snapshot and the time go in, a plan with its reasons comes out; nothing here knows Kubernetes clients, a clock
//! or chance. Reading order:
//!
//! 1. [`pod`]: what a pod looks like from here, and when it counts as ready, available, proven, stuck;
//! 2. [`template`]: revisions of pod templates, overrides per cell, and what may change in place;
//! 3. [`pod_life`]: one pod through an update in place, one file per step;
//! 4. [`in_place_set`]: the pods of one cell;
//! 5. [`replica_set`]: the same for ReplicaSets, one per revision and cell;
//! 6. [`cafe_deployment`]: shares, groups, confirmations and status over all cells;
//! 7. [`difference`]: the smallest patch between two JSON documents.

pub mod annotation;
pub mod cafe_deployment;
pub mod difference;
pub mod in_place_set;
pub mod pod;
pub mod pod_life;
pub mod replica_set;
pub mod template;

#[cfg(test)]
mod fleet;
