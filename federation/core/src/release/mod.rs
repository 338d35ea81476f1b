//! A release across clusters (03, *Across clusters*).
//!
//! - [`sequence`]: whether a change is a new release, and which number it gets;
//! - [`plan_release`]: which group may be open, and what is waited for;
//! - [`deadline`]: whether it has been going nowhere for too long.
//!
//! Group n of a release is group n in every cluster; n+1 opens when every cluster that counts has finished n and,
//! where asked for, a person confirmed n. An unreachable or suspended cluster does not count and is named; it
//! catches up when it returns.

pub mod deadline;
mod open;
mod phase;
pub mod sequence;

pub use open::{ClusterProgress, Gate, ReleasePlan, ReleaseState, plan_release};
pub use phase::Phase;
