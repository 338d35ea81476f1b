//! Speed and memory beside a peer, with raw figures kept.
//!
//! Each measurement is one file; it returns [`report::Figure`]s and judges nothing.
//!
//! * [`members`]: the hub and three agents as processes, members on real kube-apiservers.
//! * [`fleet`]: a hub process and a hundred agents of real code over the smallest members there can be.
//! * [`apiserver`]: our API server beside kube-apiserver with etcd, same client, same objects, same durability.
//! * [`rig`]: what they run on: processes, worlds, applications, and mirrors that tell when something is there.
//! * [`report`]: figures, the machine, and the document they end up in.

pub mod apiserver;
pub mod fleet;
pub mod members;
pub mod report;
pub mod rig;
