//! Hub controllers: observe, decide in the core, execute through a Kubernetes client.
//!
//! They see nothing but `kube::Client`, so that they run inside the hub as well as against a plain kube-apiserver
//! (`federation-hub controllers --kubeconfig`).
//!
//! Clusters: [`bootstrap`] makes namespaces and rights, [`join`] lets clusters in, [`members`] judges and removes
//! them, [`units`] shows the home map and what is in force.
//!
//! Applications, in reading order: [`run`] is what a program starts; [`observe`] holds what is seen and says whose
//! turn it is; [`applications`] and [`resources`] decide and act, one pass per source object; [`works`],
//! [`templates`] and [`overrides`] are what both write. [`conditions`], [`status_patch`], [`trace`], [`queue`],
//! [`metrics`] are small parts.

pub mod applications;
pub mod bootstrap;
pub mod conditions;
pub mod join;
pub mod members;
pub mod metrics;
pub mod observe;
pub mod overrides;
pub mod queue;
pub mod resources;
pub mod run;
pub mod status_patch;
pub mod templates;
pub mod trace;
pub mod units;
pub mod works;

pub use run::{HubControllers, Options, RunError};
