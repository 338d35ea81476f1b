//! The three patch types that change an object in place: JSON patch, merge patch, strategic merge.
//! Server-side apply is another matter: see [`crate::apply`].

mod json;
mod merge;
mod order;
mod strategic;

#[cfg(test)]
mod tests;

pub use json::{MAX_COPIED, MAX_OPERATIONS, json_patch};
pub use merge::merge_patch;
pub use strategic::strategic_merge;
