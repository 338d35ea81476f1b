//! Hub controllers: observe, decide in the core, execute through a Kubernetes client.
//!
//! They use `kube::Client` only, so that they also run against a plain kube-apiserver
//! (`federation-hub controllers --kubeconfig`). A folder per subject:
//!
//! * [`bootstrap`]: namespaces and rights.
//! * [`join`]: token → certificate → member.
//! * [`members`]: readiness, removal.
//! * [`units`]: the home map, and what is in force.

pub mod bootstrap;
pub mod join;
pub mod members;
pub mod units;
