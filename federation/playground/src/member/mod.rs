//! A simulated member cluster: our API server with the kinds of a Kubernetes cluster, nodes, a scheduler, a
//! kubelet and the ReplicaSet controller.

mod binding;
mod cluster;
mod machines;
mod pods;
mod replica_sets;

pub use cluster::{CellSpec, SimulatedCluster, SimulatedOptions};
