//! kubectl of two versions against the hub: the machine's own, and the one of the pinned Kubernetes. What is
//! expected here is what a kube-apiserver of that version answers, unless a test says otherwise.

mod apply;
mod bad_manifests;
mod change;
mod create;
mod delete;
mod discovery;
mod events;
mod reads;
mod runner;
mod server_side;
mod wait_for;
