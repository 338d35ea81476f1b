//! The life of a Work in this cluster, a file per step.
//!
//! [`pull`] (from the hub, to disk) → [`render`] (pure) → [`reconcile`]: [`apply`] or [`remove`] → [`observe`] (what the
//! cluster holds) → [`summary`] (pure) → [`push`] (status to the hub).

pub mod apply;
pub mod kinds;
pub mod observe;
pub mod pull;
pub mod push;
pub mod reconcile;
pub mod remove;
pub mod render;
pub mod summary;
