//! Simulation of hub and agents over the shipped cores, on a virtual clock, with faults and with known bugs.
//!
//! [`run`] plays one seed of one [`Scenario`]: first a phase with faults in which nothing unsafe may happen, then a
//! calm phase in which everything must get to where it should be. A [`Mutant`] puts a known bug back. Reading order:
//! `world` (clock, queue, faults), `hub` and `agent` (thin shells over the cores), `member` (the cluster and its
//! kubelet), `invariants` (what must always hold).

mod agent;
mod chance;
mod hub;
mod invariants;
mod member;
mod mutant;
mod run;
mod scenario;
mod world;

pub use invariants::Violation;
pub use mutant::{Mutant, UnknownMutant};
pub use run::{Outcome, run};
pub use scenario::{Scenario, UnknownScenario};
