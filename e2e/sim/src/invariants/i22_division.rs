//! I22: a division sums to what was asked, or says what has no place; raising the total lowers no cell.

use super::{Division, Fact};

/// Fires on a wrong sum, and on a cell that a raise lowers.
pub(super) fn check(fact: &Fact) -> Option<String> {
    let Fact::Booked { before, after, .. } = fact else { return None };
    sums(after).or_else(|| lowers(before, after))
}

fn sums(division: &Division) -> Option<String> {
    let placed: u32 = division.shares.values().sum();
    let is_whole = division.shares.is_empty() || placed + division.unplaced == division.total;
    let Division { total, unplaced, .. } = division;
    (!is_whole).then(|| format!("{total} replicas were divided into {placed} and {unplaced} without a place"))
}

/// Only divisions over the same cells with the same weights are comparable.
fn lowers(before: &Division, after: &Division) -> Option<String> {
    let is_raise = after.total > before.total
        && after.weights == before.weights
        && after.shares.keys().eq(before.shares.keys());
    if !is_raise {
        return None;
    }
    let lowered = before.shares.iter().find(|(cell, share)| after.shares.get(*cell) < Some(*share))?;
    let (cell, share) = lowered;
    let now = after.shares.get(cell).copied().unwrap_or(0);
    Some(format!("from {} to {} replicas, cell {cell} went from {share} to {now}", before.total, after.total))
}

#[cfg(test)]
mod tests {
    use super::super::cells;
    use super::*;

    fn booked(before: &[(&str, u32)], after: &[(&str, u32)], totals: (u32, u32)) -> Option<String> {
        let division = |total, shares| Division { total, shares: cells(shares), ..Division::default() };
        let (before, after) = (division(totals.0, before), division(totals.1, after));
        check(&Fact::Booked { before, after, seq: 1, opened: Vec::new() })
    }

    #[test]
    fn fires_on_a_wrong_sum() {
        assert!(booked(&[], &[("a", 2), ("b", 2)], (0, 5)).is_some());
        assert_eq!(booked(&[], &[("a", 3), ("b", 2)], (0, 5)), None);
    }

    #[test]
    fn fires_when_a_raise_lowers_a_cell() {
        assert!(booked(&[("a", 2), ("b", 2)], &[("a", 4), ("b", 1)], (4, 5)).is_some());
        assert_eq!(booked(&[("a", 2), ("b", 2)], &[("a", 3), ("b", 2)], (4, 5)), None);
        assert_eq!(
            booked(&[("a", 2), ("b", 2)], &[("a", 2), ("b", 1)], (4, 3)),
            None,
            "fewer were asked for"
        );
    }
}
