//! What must always hold of a rule set (02 §2), one small check per file, named after the invariant.
//!
//! Used in tests, in simulation, by `fedctl audit`, and as a guard before a commit.

mod i1_base_partition;
mod i2_effective_partition;
mod i3_overrides;
mod i4_weights;
mod i5_writers;
mod i6_copies;
mod i7_takeover;
mod i8_epochs;

#[cfg(test)]
mod worlds;

use std::collections::BTreeSet;
use std::fmt;

use crate::map::HomeMap;
use crate::names::CellName;
use crate::ruleset::RuleSet;

pub use i1_base_partition::check as check_base_partition;
pub use i2_effective_partition::check as check_effective_partition;
pub use i3_overrides::check as check_overrides;
pub use i4_weights::check as check_weights;
pub use i5_writers::check as check_writers;
pub use i6_copies::check as check_copies;
pub use i7_takeover::check as check_takeover;
pub use i8_epochs::check as check_epochs;

/// The invariants that a rule set is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Base ranges partition the UID space.
    I1,
    /// Effective owners partition the UID space.
    I2,
    /// Overrides name their base owner, lie within its base, and elastic ones have a deadline.
    I3,
    /// Declared weights total 100, and no commit raises the weight of a cell that is not Ready.
    I4,
    /// A G unit has exactly one writer cell.
    I5,
    /// A city has one active C unit per group, and C units own no users.
    I6,
    /// Takeover units are where they must be.
    I7,
    /// Epochs rise by commits and never come back.
    I8,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// One thing that is wrong, with names and numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{invariant}: {message}")]
pub struct Violation {
    /// What does not hold.
    pub invariant: Invariant,
    /// What is wrong, and with whom.
    pub message: String,
}

impl Violation {
    fn new(invariant: Invariant, message: impl Into<String>) -> Self {
        Self { invariant, message: message.into() }
    }
}

/// What a rule set is checked against.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// What people declared.
    pub home: &'a HomeMap,
    /// Cells that are Ready. `None`: not asked, as for epoch 1, before which nothing served.
    pub ready: Option<&'a BTreeSet<CellName>>,
    /// The rule set that this one replaces; `None` for the first.
    pub previous: Option<&'a RuleSet>,
}

impl<'a> World<'a> {
    /// The world of a first rule set: a home map, and nothing before it.
    #[must_use]
    pub const fn of_home(home: &'a HomeMap) -> Self {
        Self { home, ready: None, previous: None }
    }
}

/// Everything that is wrong with a rule set, in the order of the invariants. Empty: it may be committed.
#[must_use]
pub fn check_all(rules: &RuleSet, world: &World<'_>) -> Vec<Violation> {
    let checks: [fn(&RuleSet, &World<'_>) -> Vec<Violation>; 8] = [
        check_base_partition,
        check_effective_partition,
        check_overrides,
        check_weights,
        check_writers,
        check_copies,
        check_takeover,
        check_epochs,
    ];
    checks.iter().flat_map(|check| check(rules, world)).collect()
}
