//! What the hub sees, kept small and in one place, and whose turn a change makes it.
//!
//! [`World`] holds it; `follow` keeps it up to date from watches; `kinds` says of each kind where it is kept and who
//! is touched by a change; `fleet` and `versions` are views made for decisions. Nothing is decided before every watch
//! has listed once: what is not seen yet is not absent (I21).

mod fleet;
mod follow;
mod kinds;
mod shelf;
mod subject;
mod versions;
mod world;

pub use fleet::FleetFacts;
pub(crate) use follow::{follow, follow_versions};
pub(crate) use kinds::Watched;
pub use shelf::Shelf;
pub use subject::{ObjectKey, Subject};
pub use versions::{DependencyKey, Versions};
pub use world::{Rules, Snapshot, World};

#[cfg(test)]
pub(crate) use fleet::tests::two_clusters as fleet_of_tests;
