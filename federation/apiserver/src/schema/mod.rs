//! Structural schemas: parse, prune, default, validate.

/// A parsed structural schema.
#[derive(Debug, Default)]
pub struct Schema {}
