//! Names of what a pass is about.

use std::fmt;

use crds::federation::{FederatedDeployment, FederatedResource, Work};
use crds::names;
use kube::{Resource, ResourceExt};

/// Namespace and name; the namespace is empty for cluster scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectKey {
    /// A key from its parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The key of an object.
    pub fn of(object: &impl ResourceExt) -> Self {
        Self::new(object.namespace().unwrap_or_default(), object.name_any())
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// One source object: what a pass decides about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A FederatedDeployment.
    Application(ObjectKey),
    /// A FederatedResource.
    Resource(ObjectKey),
}

impl Subject {
    /// The source of a Work, as its labels say.
    pub fn of_work(work: &Work) -> Option<Self> {
        let label = |name: &str| work.labels().get(name).map(String::as_str);
        let key = ObjectKey::new(label(names::SOURCE_NAMESPACE)?, label(names::SOURCE_NAME)?);
        match label(names::SOURCE_KIND)? {
            kind if kind == FederatedDeployment::kind(&()) => Some(Self::Application(key)),
            kind if kind == FederatedResource::kind(&()) => Some(Self::Resource(key)),
            _ => None,
        }
    }

    /// Its namespace and name.
    pub const fn key(&self) -> &ObjectKey {
        match self {
            Self::Application(key) | Self::Resource(key) => key,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> String {
        match self {
            Self::Application(_) => FederatedDeployment::kind(&()).into_owned(),
            Self::Resource(_) => FederatedResource::kind(&()).into_owned(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.key())
    }
}
