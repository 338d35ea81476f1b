//! Known bugs that can be put back, one at a time, so that it is proven that the simulation would find them.

use std::fmt;
use std::str::FromStr;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The agent takes what a list does not show for deleted (Rancher Fleet 5406).
    AbsentMeansDeleted,
    /// The hub takes a cluster it has not heard for one that is not there.
    UnknownMeansEmpty,
    /// The hub writes without comparing versions, so that a stale replica overwrites what is newer.
    NoCompareAndSet,
    /// The hub takes counts of an earlier release for counts of this one.
    CountsWithoutSeq,
    /// Replicas are divided by largest remainder (Karmada 6735).
    LargestRemainder,
    /// A confirmation is bound to the hash of a revision, which can come back.
    ConfirmedByHash,
    /// The agent obeys a Work of a lower generation that arrives late.
    OlderGeneration,
    /// The agent forgets which Works it has removed, and makes one anew that arrives late.
    ForgottenUid,
    /// Soak counts from the pod's first transition, not from that of this revision (OCM PR 1207).
    OldSoak,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AbsentMeansDeleted,
        Self::UnknownMeansEmpty,
        Self::NoCompareAndSet,
        Self::CountsWithoutSeq,
        Self::LargestRemainder,
        Self::ConfirmedByHash,
        Self::OlderGeneration,
        Self::ForgottenUid,
        Self::OldSoak,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AbsentMeansDeleted => "absent-means-deleted",
            Self::UnknownMeansEmpty => "unknown-means-empty",
            Self::NoCompareAndSet => "no-compare-and-set",
            Self::CountsWithoutSeq => "counts-without-seq",
            Self::LargestRemainder => "largest-remainder",
            Self::ConfirmedByHash => "confirmed-by-hash",
            Self::OlderGeneration => "older-generation",
            Self::ForgottenUid => "forgotten-uid",
            Self::OldSoak => "old-soak",
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No mutant has that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMutant(String);

impl fmt::Display for UnknownMutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Mutant::ALL.into_iter().map(Mutant::name).collect();
        write!(f, "no mutant is called {}: there are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownMutant {}

impl FromStr for Mutant {
    type Err = UnknownMutant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|mutant| mutant.name() == text)
            .ok_or_else(|| UnknownMutant(text.to_owned()))
    }
}
