//! Logs and traces of all programs: set up once, carried across processes by an annotation.
//!
//! A trace begins with an apply on the hub and ends with a ready pod. Between processes it travels as a W3C
//! `traceparent` in an annotation, because nobody calls anybody: each finds the object by itself.

mod parent;
mod setup;

pub use parent::{adopt, traceparent};
pub use setup::{Format, Guard, SetupError, init};
