//! Words of releases that hub, agent and CLI share: which release, which group, what a confirmation is bound to,
//! and the closed list of reasons with their messages.

mod reason;
mod target;

pub use reason::{PodProblem, Reason};
pub use target::{ConfirmationTarget, GroupIndex, ReleaseSeq};
