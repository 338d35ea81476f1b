//! What is different in some places: which overrides apply where, and how an image reference is rewritten.
//!
//! JSON patches are carried as they are; the shell applies them, in the order given here.

mod image;
mod select;

pub use image::{ImageError, ImageRef, ImageRewrite};
pub use select::{Applied, Difference, Override, OverrideNote, Place, Scope, for_cluster, unmatched};
