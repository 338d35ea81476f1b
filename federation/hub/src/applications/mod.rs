//! FederatedDeployments: one application over the cells of many clusters.
//!
//! A pass observes, decides, executes. In the order in which a pass goes:
//! `along` reads what goes along; `revision` makes the manifest and names it; `schedule` chooses cells and divides
//! replicas; `course` says where the release is; `words` what becomes of people's confirmations; `status` what is
//! shown; `decide` puts these together, pure; `pass` carries the decision out, and `leave` the deletion of a source.

mod along;
mod course;
mod decide;
mod leave;
mod pass;
mod refusal;
mod revision;
mod schedule;
mod status;
mod words;

#[cfg(test)]
mod tests;

pub use along::{Along, Missing, Pantry};
pub use course::{Cause, Course};
pub use decide::{Decision, Input, Note, decide};
pub use pass::{Controller, PassError};
pub use refusal::Refusal;
pub(crate) use schedule::{placement, places};
pub(crate) use status::cluster_status;
