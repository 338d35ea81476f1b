//! What was seen of the cluster, as small as decisions allow, with our own writes in it at once.
//!
//! The answer to a write is put in before anybody plans again, and a watch that is behind never replaces a newer
//! version. So a plan never acts twice on what it did already.

mod kept;
mod pods;

use std::sync::{Mutex, PoisonError};

use crds::apps::{CafeDeployment, InPlaceSet};
use k8s_openapi::api::apps::v1::{ControllerRevision, ReplicaSet};
pub(crate) use kept::{Kept, version};
pub(crate) use pods::{PodEntry, Pods};

/// Namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// A key.
    pub(crate) fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// All kinds that are watched.
#[derive(Default)]
pub(crate) struct World {
    /// CafeDeployments.
    pub deployments: Kept<CafeDeployment>,
    /// InPlaceSets.
    pub sets: Kept<InPlaceSet>,
    /// ReplicaSets of CafeDeployments.
    pub replica_sets: Kept<ReplicaSet>,
    /// Histories, without their data.
    pub records: Kept<ControllerRevision>,
    /// Pods of CafeDeployments.
    pub pods: Pods,
}

/// The world behind a lock that is held for a look or a note, never across a wait.
#[derive(Default)]
pub(crate) struct Shared(Mutex<World>);

impl Shared {
    /// A look or a note.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
