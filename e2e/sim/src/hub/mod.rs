//! The hub: its store, and replicas that observe a snapshot, decide by the shipped core, and write one object at a
//! time.

mod decide;
mod fleet;
mod replica;
mod store;

pub(crate) use fleet::{CELLS, cell, cluster, fleet, unit};
pub(crate) use replica::{HubWrite, Replica};
pub(crate) use store::*;
