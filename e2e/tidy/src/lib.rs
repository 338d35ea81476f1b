//! Taste as tests: what reviewers would otherwise have to say again and again.
//!
//! Each check is a pure function over one thing (a crate graph, a file's text, a file's name) with a test that
//! makes it fire; `tests/tree.rs` runs all of them over this tree.

pub mod arrows;
pub mod lines;
pub mod modules;
pub mod names;
pub mod tree;
