//! Which release and which group of it, as numbers that never come back.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Counts the releases of one application. Rises with every new release, rollbacks included, and never comes
/// back, unlike the hash of a revision (02 §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseSeq(pub u64);

impl ReleaseSeq {
    /// The release after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for ReleaseSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Place of a group in its release, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupIndex(pub u32);

impl GroupIndex {
    /// The group after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// As people count: the first is 1.
    #[must_use]
    pub const fn ordinal(self) -> u32 {
        self.0.saturating_add(1)
    }
}

impl fmt::Display for GroupIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a person's word is bound to: one group of one release. It releases no other (02 §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmationTarget {
    /// The release.
    pub release_seq: ReleaseSeq,
    /// The group that was seen to be good, so that the next may start.
    pub group: GroupIndex,
}

impl fmt::Display for ConfirmationTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group {} of release {}", self.group, self.release_seq)
    }
}
