//! The member agent: pulls work from the hub, applies it in its own cluster, reports back.
//!
//! It opens every connection itself; nothing of it is reachable from outside its cluster. What it was told
//! last is on disk, so that a hub that is away changes nothing here (I19).
//!
//! * [`join`]: token → CSR → credential, and its rotation.
//! * [`link`]: one session with the hub at a time, watched by a heartbeat of its own.
//! * [`inventory`]: what this cluster must hold, in memory and on disk.
//! * [`works`]: pull, render, apply, observe, report.
//! * [`report`]: nodes, cells and room of this cluster.
//! * [`agent`]: puts them together.

pub mod agent;
pub mod args;
pub mod backoff;
pub mod inventory;
pub mod join;
pub mod link;
pub mod metrics;
pub mod queue;
pub mod report;
pub mod run;
pub mod works;
