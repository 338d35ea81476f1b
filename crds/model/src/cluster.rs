//! A member cluster as the home map sees it: a name, and the site it stands in.

use crate::names::{ClusterName, SiteName};

/// A Kubernetes cluster in one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: ClusterName,
    /// The site it stands in.
    pub site: SiteName,
}
