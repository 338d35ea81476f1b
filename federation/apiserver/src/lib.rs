//! A Kubernetes-style API server as a library, over a [`federation_store::Store`].
//!
//! It knows no domain word: the hub, the simulated member clusters and the tests mount it with the
//! kinds they need. `docs/ARCHITECTURE.md` has the map of the modules.

pub mod apply;
pub mod builtin;
pub mod cel;
pub mod custom;
pub mod decode;
pub mod discovery;
pub mod openapi;
pub mod patch;
pub mod protobuf;
pub mod resource;
pub mod schema;
pub mod status;
pub mod table;
