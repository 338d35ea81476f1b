//! The garbage collector: an object whose owners are gone goes too.
//!
//! | file | what it does |
//! |---|---|
//! | [`graph`] | who owns whom, from the watches of all kinds; pure |
//! | [`verdict`] | what to do with one object; pure |
//! | [`attempt`] | reads the object live and does it |
//! | [`run`](fn@run) | the watches and the queue |
//!
//! Three ways to delete an owner. *Background*: it goes at once, its dependents after it. *Foreground*:
//! it stays with the finalizer `foregroundDeletion` until all dependents that block it are gone.
//! *Orphan*: it stays with the finalizer `orphan` until its dependents no longer name it.
//!
//! Nothing is deleted on what the graph says alone: the object is read live, and an owner that the graph
//! has not seen is looked up live. Every delete carries the UID and version that were judged.
//! Upstream: `pkg/controller/garbagecollector`.

pub mod attempt;
pub mod graph;
mod shell;
pub mod verdict;

pub use shell::run;

/// The finalizer of foreground deletion.
pub const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of orphaning deletion.
pub const ORPHAN: &str = "orphan";

#[cfg(test)]
mod tests;
