//! What measurements run on.
//!
//! * [`programs`]: our release programs as processes, and what they cost.
//! * [`world`]: a world of any number of clusters with one cell each.
//! * [`application`]: applications of the size that counts.
//! * [`mirror`]: a copy of objects that tells the instant when they are as wanted.

pub mod application;
pub mod mirror;
pub mod programs;
pub mod world;
