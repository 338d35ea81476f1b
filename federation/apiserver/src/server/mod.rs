//! The server: put together from a store and kinds, served over TLS or in the same process, drained in order.
//!
//! Reading order: `options`, `core` (what requests work on), `assembly` (how it is put together), `handler` (the
//! steps around every request), `resources` and `paths` (where requests go), `listener` and `service` (how
//! they come in).

mod assembly;
mod bootstrap;
pub(crate) mod core;
mod handler;
mod health;
pub(crate) mod leases;
mod limits;
mod listener;
mod lookup;
mod options;
mod paths;
mod resources;
pub(crate) mod review;
mod reviewers;
mod service;
mod version;

pub use assembly::{ApiServer, Config, StartError};
pub use listener::ServeError;
pub use options::Options;
pub use review::{Review, ReviewRequest};
pub use service::LocalService;

pub use crate::http::body::Body;
