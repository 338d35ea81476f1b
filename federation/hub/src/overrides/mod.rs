//! What differs in some places, as JSON patches for a Work.
//!
//! [`Overrides`] parses what people wrote; [`Overrides::of_cluster`] makes the patches of one cluster's manifest and
//! of its cells. A patch is tried on the manifest here, so that one that does not fit is refused before anything is
//! sent.

mod parse;
mod patches;

pub use parse::{OverrideError, Overrides};
pub use patches::Patches;
