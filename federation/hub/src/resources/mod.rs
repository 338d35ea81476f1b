//! FederatedResources: any manifest, in every chosen cluster.
//!
//! `decide` is pure: it chooses clusters, makes the manifest and says what is shown; `pass` carries it out.

mod decide;
mod pass;

pub use decide::{Decision, Input, decide};
pub use pass::Controller;
