//! Real member clusters (kube-apiserver, etcd, scheduler, controller-manager, KWOK) and what scenarios on them
//! need: our own programs as processes, a network link that can be cut, and waiting that says what it saw.
//!
//! Read in this order: [`member`] starts a cluster, [`hub`] our own hub, [`process`] runs programs, [`link`] stands
//! between two of them, [`wait`] waits. [`tools`] says where the real components come from. [`world`] puts a hub,
//! members and agents together, and [`scenarios`] are played on it: here on real clusters, in the playground on its
//! own.

pub mod hub;
pub mod link;
pub mod member;
pub mod ports;
pub mod process;
pub mod scenarios;
pub mod tools;
pub mod wait;
pub mod workdir;
pub mod world;
