//! Where a release is, in one word.

use std::fmt;

/// The phase of a release, as `status.release.phase` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No cluster that counts has begun.
    Pending,
    /// Pods of the open group are on their way.
    Releasing,
    /// The open group is done everywhere, and a person's word is needed.
    Confirming,
    /// A person paused it.
    Paused,
    /// A person cancelled it; what was moved stays.
    Cancelled,
    /// Done in every cluster that counts; others have yet to catch up.
    CatchingUp,
    /// Done everywhere.
    Succeeded,
}

impl Phase {
    /// Whether it waits for pods or clusters, so that a progress deadline counts.
    #[must_use]
    pub const fn is_moving(self) -> bool {
        matches!(self, Self::Pending | Self::Releasing)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
