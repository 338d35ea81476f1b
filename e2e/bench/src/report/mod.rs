//! What was measured, on what, and where it is written down.

mod document;
mod figure;
mod machine;

pub use document::write;
pub use figure::{Figure, Report, Value, percentile};
pub use machine::machine;
