//! A Kubernetes-style API server as a library, over a [`federation_store::Store`].
//!
//! It knows no domain word: the hub, the simulated member clusters and the tests mount it with the
//! kinds they need. `docs/ARCHITECTURE.md` has the map of the modules.

pub mod authn;
pub mod authz;
pub mod controllers;
pub mod pki;
pub mod resource;
pub mod reviews;
pub mod schema;
pub mod signer;
pub mod status;
