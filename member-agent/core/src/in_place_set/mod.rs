//! The pods of one cell: keeps their number and moves some of them to the new revision (02 §3). It is thin: which
//! group is open, and whether the next one may open, is the CafeDeployment's.

mod count;
mod create;
mod remove;
mod snapshot;
mod update;

use model::Timestamp;
pub use snapshot::{Act, PodUpgradePolicy, Set, SetPlan, SetStatus, Why};

use crate::pod::PodView;

/// What to do with the pods of a set now. Pods are those that it controls, whatever their state.
///
/// The order: replace what will never run again, drop what is too many, move what is due, then make what is missing.
/// A plan that lacks a template says so in [`SetPlan::missing_templates`] and does the rest.
pub fn plan(set: &Set, pods: &[PodView], now: Timestamp) -> SetPlan {
    let mut plan = SetPlan::default();
    let mut alive = remove::ended(pods, &mut plan.acts);
    remove::surplus(set, &mut alive, &mut plan.acts);
    update::moves(set, &mut alive, &mut plan, now);
    create::missing(set, pods, &alive, &mut plan);
    plan.status = count::status(set, pods, now);
    plan.wake_at = count::wake_at(set, pods, now);
    plan
}
