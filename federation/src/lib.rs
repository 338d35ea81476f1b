//! The hub program: the API server, its store, and the hub controllers in one process.
//!
//! * [`hub`]: puts a hub together; the playground and tests use it too.
//! * [`controllers`]: the hub controllers against any API server.
//! * [`admission`]: what one object cannot decide alone.
//! * [`args`]: the command line.

pub mod admission;
pub mod args;
pub mod controllers;
pub mod hub;
pub mod run;
