//! An application over the cells of one cluster: shares, groups, confirmations, pause, rollback, status (02 §3).
//!
//! The status is the log of a release: it is written before the sets are, and everything that a plan needs to go on is
//! in it. So an agent that starts again, or that lost its last write, decides the same once more. One file per step:
//! [`revision`] and history, [`shares`], [`groups`], [`confirm`], [`scale`], [`pause`], [`rollback`], [`reschedule`],
//! [`deadline`], [`status`].

mod confirm;
mod count;
mod deadline;
mod groups;
mod invalid;
mod names;
mod pause;
mod plan;
mod reschedule;
mod revision;
mod rollback;
mod scale;
mod shares;
mod snapshot;
mod status;

pub use invalid::Invalid;
pub use names::{ALL_CELLS, replica_set_name, set_name};
pub use plan::plan;
pub use snapshot::*;
