//! A Kubernetes-style API server as a library, over a [`federation_store::Store`].
//!
//! It knows no domain word: the hub, the simulated member clusters and the tests mount it with the
//! kinds they need. `docs/ARCHITECTURE.md` has the map of the modules.

pub mod apply;
pub mod authn;
pub mod authz;
pub mod builtin;
mod cache;
pub mod cel;
pub mod controllers;
pub mod custom;
pub mod decode;
pub mod discovery;
mod http;
mod metrics;
pub mod openapi;
pub mod patch;
pub mod pki;
pub mod protobuf;
mod read;
mod registry;
pub mod resource;
pub mod reviews;
pub mod schema;
pub mod server;
pub mod signer;
pub mod status;
pub mod table;
mod watch;

pub use server::{ApiServer, Config, Options};
