//! Who serves a user, and why: the answer of `fedctl unit route --uid`.

use std::fmt;

use super::{OverrideKind, RuleSet};
use crate::cell::Weight;
use crate::epoch::Epoch;
use crate::names::{CellName, UnitName};
use crate::uid::{Uid, UidSpace};

/// The rule that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteRule {
    /// The unit is the base owner.
    Base,
    /// An override moved the user.
    Override {
        /// Lent or taken over.
        kind: OverrideKind,
        /// The base owner.
        from: UnitName,
    },
}

/// One cell of the unit that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteCell {
    /// The cell.
    pub cell: CellName,
    /// Its declared part of the unit's traffic, in percent.
    pub weight: Weight,
}

/// Who serves a user at an epoch, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The user's shard.
    pub uid: Uid,
    /// The UIDs there are.
    pub space: UidSpace,
    /// The unit that serves, and the rule that says so; `None`: nobody does.
    pub owner: Option<(UnitName, RouteRule)>,
    /// Its cells, by name.
    pub cells: Vec<RouteCell>,
    /// The switch that forbids writes of this user for now.
    pub forbidden_by: Option<String>,
    /// The epoch of the answer.
    pub epoch: Epoch,
}

impl RuleSet {
    /// Who serves `uid`, and why. `None` when `uid` is not of the space.
    #[must_use]
    pub fn route(&self, uid: Uid) -> Option<Route> {
        if !self.space.contains(uid) {
            return None;
        }
        let over = self.overrides.iter().find(|over| over.uids.contains(uid));
        let owner = match over {
            Some(over) => {
                Some((over.to.clone(), RouteRule::Override { kind: over.kind, from: over.from.clone() }))
            }
            None => self.base_owner(uid).map(|unit| (unit.clone(), RouteRule::Base)),
        };
        let cells = owner
            .as_ref()
            .and_then(|(unit, _)| self.weights.get(unit))
            .map(|cells| {
                cells.iter().map(|(cell, weight)| RouteCell { cell: cell.clone(), weight: *weight }).collect()
            })
            .unwrap_or_default();
        let forbidden_by =
            self.forbids.iter().find(|window| window.uids.contains(uid)).map(|window| window.holder.clone());
        Some(Route { uid, space: self.space, owner, cells, forbidden_by, epoch: self.epoch })
    }
}

impl fmt::Display for Route {
    /// `16 -> RZ90 (elastic override of RZ00), RZ90A 50% RZ90B 50%, epoch 1.2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> ", self.space.show(self.uid))?;
        match &self.owner {
            None => write!(f, "nobody")?,
            Some((unit, RouteRule::Base)) => write!(f, "{} (base owner)", unit.shown())?,
            Some((unit, RouteRule::Override { kind, from })) => {
                write!(f, "{} ({kind} override of {})", unit.shown(), from.shown())?;
            }
        }
        for (place, RouteCell { cell, weight }) in self.cells.iter().enumerate() {
            write!(f, "{} {} {weight}%", if place == 0 { "," } else { "" }, cell.shown())?;
        }
        if let Some(holder) = &self.forbidden_by {
            write!(f, ", writes forbidden by {holder}")?;
        }
        write!(f, ", epoch {}", self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ForbidWindow, Override};
    use super::*;
    use crate::map::tests::{slides, uids, unit};
    use crate::timestamp::Timestamp;

    fn lend(rules: &mut RuleSet, from: &str, text: &str) {
        rules.overrides.push(Override {
            kind: OverrideKind::Elastic,
            from: unit(from),
            to: unit("rz90"),
            uids: uids(text),
            return_by: Some(Timestamp::from_seconds(1)),
        });
    }

    #[test]
    fn a17_the_slides_map_serves_each_user_once() {
        let mut rules = RuleSet::first(&slides()).unwrap();
        lend(&mut rules, "rz00", "16-19");
        lend(&mut rules, "rz01", "66-69");
        for uid in 0..100 {
            let expected = match uid {
                16..=19 | 66..=69 => "rz90",
                0..=49 => "rz00",
                _ => "rz01",
            };
            assert_eq!(rules.effective_owner(uid).unwrap().as_str(), expected, "{uid}");
        }
        assert_eq!(rules.effective_uids(&unit("rz00")).to_string(), "00-15,20-49");
        assert_eq!(rules.effective_uids(&unit("rz90")).to_string(), "16-19,66-69");
        rules.overrides.clear();
        assert_eq!(rules.effective_owner(16).unwrap().as_str(), "rz00");
        assert_eq!(rules.effective_owner(66).unwrap().as_str(), "rz01");
    }

    #[test]
    fn explains_itself() {
        let mut rules = RuleSet::first(&slides()).unwrap();
        lend(&mut rules, "rz00", "16-19");
        rules.forbids.push(ForbidWindow { uids: uids("16"), holder: "ts-1".to_owned(), deadline: None });
        assert_eq!(
            rules.route(16).unwrap().to_string(),
            "16 -> RZ90 (elastic override of RZ00), RZ90A 50% RZ90B 50%, writes forbidden by ts-1, epoch 1.1"
        );
        assert_eq!(
            rules.route(5).unwrap().to_string(),
            "05 -> RZ00 (base owner), RZ00A 50% RZ00B 50%, epoch 1.1"
        );
        assert_eq!(rules.route(100), None);
    }
}
