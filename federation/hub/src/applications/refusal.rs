//! Why an application is not acted on. What runs keeps running.

use federation_core::status::{SchedulingError, conditions_of_failure};

use super::Missing;
use crate::overrides::OverrideError;

/// Why nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A field does not say what it must.
    #[error("{field}: {message}")]
    InvalidSpec {
        /// The field.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// An override cannot be followed.
    #[error(transparent)]
    InvalidOverride(#[from] OverrideError),
    /// Something that must go along is not there.
    #[error(transparent)]
    MissingDependency(#[from] Missing),
    /// Division by traffic, and no rule set can be read.
    #[error("{0}")]
    NoRules(String),
    /// No cell was chosen, or replicas cannot be divided.
    #[error("{error}")]
    Unscheduled {
        /// Why.
        #[source]
        error: SchedulingError,
        /// Cells that were considered, and why not.
        rejected: String,
    },
}

impl Refusal {
    /// Type, reason and message of the condition that says so. The condition is False.
    pub fn condition(&self) -> (&'static str, &'static str, String) {
        let own = |about, reason| (about, reason, self.to_string());
        match self {
            Self::InvalidSpec { .. } => own("Scheduled", "InvalidSpec"),
            Self::InvalidOverride(_) => own("Applied", "InvalidOverride"),
            Self::MissingDependency(_) => own("Applied", "MissingDependency"),
            Self::NoRules(_) => own("Scheduled", "NoRules"),
            Self::Unscheduled { error, rejected } => {
                let condition = conditions_of_failure(error, rejected);
                ("Scheduled", condition.why.name(), condition.why.to_string())
            }
        }
    }
}
