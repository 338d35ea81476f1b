//! Pod templates as JSON: their revision, what a cell overrides, what may change in place, and the pods made of them.

mod build;
mod classify;
mod overrides;
mod revision;

pub use build::{Identity, build_pod};
pub use classify::{Change, classify};
pub use overrides::{CellOverride, OverrideError, render};
pub use revision::{hash, name_suffix};
