//! What each cell weighs: as a person said, by the traffic it should get, or by the room it has.

use std::collections::BTreeMap;

use model::{CellName, RuleSet, UidSet, UnitName};

use crate::fleet::CellView;

/// Where weights come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightedBy<'a> {
    /// A person's numbers; a cell that is not listed weighs nothing.
    Static(&'a BTreeMap<CellName, u32>),
    /// Users that the cell's unit serves × the cell's declared weight, of the rule set in force.
    Traffic(&'a RuleSet),
    /// Pods that fit into what the agents report as free; the weight of a cell that is not reported is not known.
    Capacity,
}

/// The weight of each of `cells`; one whose weight is not known is left out, and keeps what it has. Traffic products may pass 32 bits: all are halved together until they fit, and
/// none that was above 0 becomes 0.
#[must_use]
pub fn weights<'c>(
    by: &WeightedBy<'_>,
    cells: impl IntoIterator<Item = &'c CellView>,
) -> BTreeMap<CellName, u32> {
    let mut served: BTreeMap<UnitName, u64> = BTreeMap::new();
    let exact: Vec<(CellName, u64)> = cells
        .into_iter()
        .filter_map(|cell| {
            let weight = match by {
                WeightedBy::Static(weights) => u64::from(weights.get(&cell.name).copied().unwrap_or(0)),
                WeightedBy::Capacity => u64::from(cell.free?),
                WeightedBy::Traffic(rules) => {
                    let users = *served
                        .entry(cell.unit.clone())
                        .or_insert_with(|| u64::from(UidSet::len(&rules.effective_uids(&cell.unit))));
                    users * u64::from(rules.weight(cell.unit.as_str(), cell.name.as_str()).0)
                }
            };
            Some((cell.name.clone(), weight))
        })
        .collect();
    let greatest = exact.iter().map(|(_, weight)| *weight).max().unwrap_or(0);
    let shift = (u64::BITS - greatest.leading_zeros()).saturating_sub(u32::BITS);
    exact
        .into_iter()
        .map(|(cell, weight)| {
            let fitted = (weight >> shift).max(u64::from(weight > 0));
            (cell, u32::try_from(fitted).unwrap_or(u32::MAX))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::tests::{cell, playground, unit};
    use model::ruleset::{Override, OverrideKind};
    use model::{Epoch, UidSpace, Weight};

    fn rules() -> RuleSet {
        let space = UidSpace::default();
        let mut rules = RuleSet::empty(Epoch::FIRST, space);
        rules.base.insert(unit("rz00"), UidSet::parse(space, "00-49").unwrap());
        rules.base.insert(unit("rz01"), UidSet::parse(space, "50-99").unwrap());
        for (of, cells) in
            [("rz00", [("rz00a", 70), ("rz00b", 30)]), ("rz90", [("rz90a", 50), ("rz90b", 50)])]
        {
            let cells = cells.into_iter().map(|(name, weight)| (cell(name), Weight(weight))).collect();
            rules.weights.insert(unit(of), cells);
        }
        rules.overrides.push(Override {
            kind: OverrideKind::Elastic,
            from: unit("rz00"),
            to: unit("rz90"),
            uids: UidSet::parse(space, "16-19").unwrap(),
            return_by: None,
        });
        rules
    }

    #[test]
    fn traffic_is_users_times_weight_of_the_rule_set_in_force() {
        let fleet = playground();
        let by_traffic = weights(&WeightedBy::Traffic(&rules()), fleet.cells.values());
        assert_eq!(by_traffic[&cell("rz00a")], 46 * 70);
        assert_eq!(by_traffic[&cell("rz90a")], 4 * 50);
        assert_eq!(by_traffic[&cell("rz82a")], 0);
    }

    #[test]
    fn static_and_capacity_take_what_is_said() {
        let mut fleet = playground();
        fleet.cells.get_mut("rz00b").unwrap().free = None;
        let said = BTreeMap::from([(cell("rz00a"), 3)]);
        let by_person = weights(&WeightedBy::Static(&said), fleet.cells.values());
        assert_eq!((by_person[&cell("rz00a")], by_person[&cell("rz00b")]), (3, 0));
        let by_room = weights(&WeightedBy::Capacity, fleet.cells.values());
        assert_eq!((by_room.get("rz00a"), by_room.get("rz00b")), (Some(&20), None));
    }

    #[test]
    fn products_beyond_32_bits_are_scaled_and_none_vanishes() {
        let fleet = playground();
        let space = UidSpace::new(u32::MAX).unwrap();
        let mut rules = rules();
        rules.space = space;
        rules.overrides.clear();
        rules.base.insert(unit("rz00"), UidSet::full(space));
        rules.weights.get_mut("rz00").unwrap().insert(cell("rz00b"), Weight(1));
        rules.base.insert(unit("rz90"), UidSet::from_uids(space, [1]));
        let scaled = weights(&WeightedBy::Traffic(&rules), fleet.cells.values());
        assert!(scaled[&cell("rz00a")] > 69 * scaled[&cell("rz00b")]);
        assert!(scaled[&cell("rz90a")] >= 1);
    }
}
