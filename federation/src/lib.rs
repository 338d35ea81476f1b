//! The hub program.
