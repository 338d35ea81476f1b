//! A Kubernetes-style API server as a library, over a [`federation_store::Store`].
//!
//! It knows no domain word: the hub, the simulated member clusters and the tests mount it with the
//! kinds they need. `docs/ARCHITECTURE.md` has the map of the modules.

pub mod resource;
pub mod schema;
pub mod status;
