//! Which taints of a cluster an application puts up with, as Kubernetes has it for pods and nodes.

use crate::fleet::Taint;

/// One toleration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Toleration {
    /// Operator `Exists` without a key: every taint.
    Everything,
    /// Operator `Exists`: every taint with this key.
    Exists {
        /// The key.
        key: String,
    },
    /// Operator `Equal`: the taint with this key and value.
    Equal {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
}

impl Toleration {
    /// Whether it covers a taint.
    #[must_use]
    pub fn covers(&self, taint: &Taint) -> bool {
        match self {
            Self::Everything => true,
            Self::Exists { key } => *key == taint.key,
            Self::Equal { key, value } => *key == taint.key && *value == taint.value,
        }
    }
}
