//! The etcd store: the same trait over any etcd from 3.4 on, shared by several processes.
//!
//! `options` says which etcd and with what credentials; `convert` and `error` translate; `pages` reads large ranges
//! in pieces of one revision; `watch` follows changes over disconnections; `store` puts them together.
//!
//! etcd 3.5.0 to 3.5.2 can become inconsistent when killed under load: use 3.4.23 or later, or 3.5.13 or later.

mod convert;
mod error;
mod options;
mod pages;
mod store;
mod watch;

pub use options::{EtcdOptions, EtcdTls};
pub use store::EtcdStore;
