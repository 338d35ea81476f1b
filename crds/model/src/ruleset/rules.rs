//! What a rule set consists of.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cell::Weight;
use crate::epoch::Epoch;
use crate::names::{CellName, CityName, UnitName};
use crate::timestamp::Timestamp;
use crate::uid::{Uid, UidSet, UidSpace};

/// Why users are not with their base owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OverrideKind {
    /// Lent to an elastic unit until a deadline.
    Elastic,
    /// Taken over because the owner is lost or being worked on.
    Takeover,
}

impl fmt::Display for OverrideKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elastic => "elastic",
            Self::Takeover => "takeover",
        })
    }
}

/// Users that are with another unit than their base owner. Active while it is in the committed rules; its deadline
/// changes nothing by itself (I2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Lent or taken over.
    pub kind: OverrideKind,
    /// The base owner.
    pub from: UnitName,
    /// Who has them now.
    pub to: UnitName,
    /// The users.
    pub uids: UidSet,
    /// When they should be back; an elastic override has one (I3).
    pub return_by: Option<Timestamp>,
}

/// Users that nobody may write while ownership moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForbidWindow {
    /// The users.
    pub uids: UidSet,
    /// The switch that closed them.
    pub holder: String,
    /// When the hub must have acted (I12); it lifts nothing by itself.
    pub deadline: Option<Timestamp>,
}

/// What a running switch, drill or failover holds (I14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who holds it.
    pub holder: String,
    /// The step it is in.
    pub step: String,
    /// Users held.
    pub uids: UidSet,
    /// Data shards held.
    pub shards: Vec<String>,
    /// Units whose weights or writer are held.
    pub units: Vec<UnitName>,
}

/// The C unit that serves one group of data in one city.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActiveC {
    /// The city.
    pub city: CityName,
    /// The group of data.
    pub group: String,
    /// The unit.
    pub unit: UnitName,
}

/// The whole routing truth at one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// When it was committed.
    pub epoch: Epoch,
    /// The epoch it replaced; `None` for the first.
    pub parent: Option<Epoch>,
    /// The UIDs there are.
    pub space: UidSpace,
    /// Base owners: R units and their users.
    pub base: BTreeMap<UnitName, UidSet>,
    /// Users that are elsewhere.
    pub overrides: Vec<Override>,
    /// Declared weights of the cells of each unit.
    pub weights: BTreeMap<UnitName, BTreeMap<CellName, Weight>>,
    /// Users that nobody may write.
    pub forbids: Vec<ForbidWindow>,
    /// The writer cell of each G unit; `None` only inside a forbid window (I5).
    pub writers: BTreeMap<UnitName, Option<CellName>>,
    /// The C units that serve.
    pub active_c: Vec<ActiveC>,
    /// Seconds without the hub after which a unit stops its writes; a unit not listed never does (I19).
    pub fail_closed_after_seconds: BTreeMap<UnitName, u32>,
    /// What running switches hold.
    pub claims: Vec<Claim>,
}

impl RuleSet {
    /// A rule set without any rule.
    #[must_use]
    pub const fn empty(epoch: Epoch, space: UidSpace) -> Self {
        Self {
            epoch,
            parent: None,
            space,
            base: BTreeMap::new(),
            overrides: Vec::new(),
            weights: BTreeMap::new(),
            forbids: Vec::new(),
            writers: BTreeMap::new(),
            active_c: Vec::new(),
            fail_closed_after_seconds: BTreeMap::new(),
            claims: Vec::new(),
        }
    }

    /// The base owner of a user.
    #[must_use]
    pub fn base_owner(&self, uid: Uid) -> Option<&UnitName> {
        self.base.iter().find(|(_, uids)| uids.contains(uid)).map(|(unit, _)| unit)
    }

    /// Who serves a user: the override if there is one, else the base owner (I2). `None`: nobody, which I1 forbids.
    #[must_use]
    pub fn effective_owner(&self, uid: Uid) -> Option<&UnitName> {
        match self.overrides.iter().find(|over| over.uids.contains(uid)) {
            Some(over) => Some(&over.to),
            None => self.base_owner(uid),
        }
    }

    /// The users a unit serves: its base without what it lent, and what it has from others.
    #[must_use]
    pub fn effective_uids(&self, unit: &UnitName) -> UidSet {
        let empty = UidSet::empty(self.space);
        let mut lent = empty.clone();
        let mut held = empty.clone();
        for over in &self.overrides {
            lent = lent.union(&over.uids);
            if over.to == *unit {
                held = held.union(&over.uids);
            }
        }
        self.base.get(unit).unwrap_or(&empty).difference(&lent).union(&held)
    }

    /// Every unit that is named as an owner, and the users it serves.
    #[must_use]
    pub fn effective_owners(&self) -> BTreeMap<UnitName, UidSet> {
        let named = self.base.keys().chain(self.overrides.iter().map(|over| &over.to));
        named.map(|unit| (unit.clone(), self.effective_uids(unit))).collect()
    }

    /// The declared weight of a cell; 0 when it is not listed.
    #[must_use]
    pub fn weight(&self, unit: &str, cell: &str) -> Weight {
        self.weights.get(unit).and_then(|cells| cells.get(cell)).copied().unwrap_or_default()
    }
}
