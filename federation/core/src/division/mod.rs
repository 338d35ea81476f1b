//! How many replicas each cell of an application has, across clusters (02 §4, I22).
//!
//! [`weights`] says what each cell weighs, [`divide`] shares the replicas out.

mod divide;
mod weights;

pub use divide::{Bounds, Candidate, Divided, Division, DivisionError, ShareReason, divide};
pub use weights::{WeightedBy, weights};
