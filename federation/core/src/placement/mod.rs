//! In which cells an application runs.
//!
//! Names and selectors are ANDed. What is missing or late never takes a cell away (I21): a cell where the
//! application is present is given up only when something that is known says so.

mod choose;
mod toleration;

pub use choose::{Chosen, Placement, PlacementError, Present, Verdict, place};
pub use toleration::Toleration;
