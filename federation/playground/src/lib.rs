//! Hub and simulated member clusters in one process.
//!
//! The hub is the real one, over TLS on a real socket; the agents are the real ones, joined by a token. Only the
//! members are simulated: our API server library with nodes, a scheduler and a small kubelet. Tests use them
//! too: there is one simulator, not two.
//!
//! * [`member`]: a simulated member cluster.
//! * [`kubelet`]: what happens to its pods (pure).
//! * [`world`]: the cities, sites, units and cells of the slides, and the example application.
//! * [`playground`]: hub, members and agents together.

pub mod kubelet;
pub mod member;
pub mod playground;
pub mod world;
