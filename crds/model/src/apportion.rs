//! Sharing out whole seats by weight: highest averages with the odd divisors of Webster and Sainte-Laguë
//! (02 §4). Adding a seat never lowers a claimant, and claimants whose weights sum to the seats get exactly them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// One claimant of seats, with the bounds that it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimant {
    /// How much it weighs; one of weight 0 gets its `min` and nothing more.
    pub weight: u32,
    /// Seats it has before the first is awarded.
    pub min: u32,
    /// Seats at which it is skipped.
    pub max: u32,
}

impl Claimant {
    /// A claimant without bounds.
    #[must_use]
    pub const fn of_weight(weight: u32) -> Self {
        Self { weight, min: 0, max: u32::MAX }
    }

    /// The same claimant with a lower bound.
    #[must_use]
    pub const fn at_least(mut self, min: u32) -> Self {
        self.min = min;
        self
    }

    /// The same claimant with an upper bound. A bound below `min` means `min`.
    #[must_use]
    pub const fn at_most(mut self, max: u32) -> Self {
        self.max = max;
        self
    }

    /// Seats whose average is above `1 / (x / 2^60)`, within the bounds.
    fn seats_above(&self, x: u128) -> u32 {
        // A seat `s` counts while (2s+1)/w < x/2^60, that is 2s+1 <= (w*x - 1) >> 60 = odd.
        let product = u128::from(self.weight) * x;
        let odd = product.saturating_sub(1) >> FRACTION_BITS;
        let seats = u32::try_from(odd.div_ceil(2)).unwrap_or(u32::MAX);
        seats.min(self.max).max(self.min)
    }
}

/// Fraction bits of the threshold that the search halves. `weight * x` stays below 2^125.
const FRACTION_BITS: u32 = 60;

/// A claimant that waits for its next seat. The greatest is served first.
#[derive(PartialEq, Eq)]
struct Waiting {
    weight: u32,
    seats: u32,
    place: usize,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        // w/(2s+1) against w'/(2s'+1), multiplied out; then fewer seats; then the earlier place.
        let mine = u128::from(self.weight) * (2 * u128::from(other.seats) + 1);
        let theirs = u128::from(other.weight) * (2 * u128::from(self.seats) + 1);
        mine.cmp(&theirs).then(other.seats.cmp(&self.seats)).then(other.place.cmp(&self.place))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Shares `seats` out: everyone starts at its `min`, then each next seat goes to the highest `weight / (2·seats + 1)`
/// among those below their `max`; ties go to fewer seats, then to the earlier claimant.
///
/// The result has one number per claimant, in their order. It sums to `seats` unless the minima alone are more, or
/// the maxima (or weights of zero) let no more be placed. The cost does not grow with `seats`.
#[must_use]
pub fn apportion(seats: u32, claimants: &[Claimant]) -> Vec<u32> {
    let mut result = seats_before_ties(seats, claimants);
    let placed: u64 = result.iter().map(|seats| u64::from(*seats)).sum();
    let mut left = u64::from(seats).saturating_sub(placed);
    let mut waiting: BinaryHeap<Waiting> = claimants
        .iter()
        .zip(&result)
        .enumerate()
        .filter(|(_, (claimant, seats))| claimant.weight > 0 && **seats < claimant.max)
        .map(|(place, (claimant, seats))| Waiting { weight: claimant.weight, seats: *seats, place })
        .collect();
    while left > 0 {
        let Some(mut next) = waiting.pop() else { break };
        next.seats += 1;
        result[next.place] = next.seats;
        left -= 1;
        if next.seats < claimants[next.place].max {
            waiting.push(next);
        }
    }
    result
}

/// What everybody has at the highest threshold that gives out no more than `seats`: all but the last few.
fn seats_before_ties(seats: u32, claimants: &[Claimant]) -> Vec<u32> {
    let at = |x: u128| -> Vec<u32> { claimants.iter().map(|claimant| claimant.seats_above(x)).collect() };
    let fits = |x: u128| {
        let total: u64 = claimants.iter().map(|claimant| u64::from(claimant.seats_above(x))).sum();
        total <= u64::from(seats)
    };
    // At x = 2^93 a claimant of weight 1 has all the seats there are.
    let (mut low, mut high) = (0_u128, 1_u128 << 93);
    if fits(high) {
        return at(high);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle } else { high = middle }
    }
    at(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule as it is written, one seat at a time.
    fn by_the_book(seats: u32, claimants: &[Claimant]) -> Vec<u32> {
        let mut result: Vec<u32> = claimants.iter().map(|claimant| claimant.min).collect();
        while result.iter().sum::<u32>() < seats {
            let next = (0..claimants.len())
                .filter(|i| claimants[*i].weight > 0 && result[*i] < claimants[*i].max)
                .max_by(|a, b| {
                    let waiting =
                        |i: usize| Waiting { weight: claimants[i].weight, seats: result[i], place: i };
                    waiting(*a).cmp(&waiting(*b))
                });
            match next {
                Some(i) => result[i] += 1,
                None => break,
            }
        }
        result
    }

    #[test]
    fn tables() {
        let weights = |ws: &[u32]| ws.iter().map(|w| Claimant::of_weight(*w)).collect::<Vec<_>>();
        for (seats, ws, expected) in [
            (10, vec![1, 1], vec![5, 5]),
            (5, vec![1, 1], vec![3, 2]),
            (10, vec![4, 6], vec![4, 6]),
            (7, vec![53, 24, 23], vec![3, 2, 2]),
            (3, vec![0, 1], vec![0, 3]),
            (3, vec![0, 0], vec![0, 0]),
            (0, vec![5, 5], vec![0, 0]),
            (u32::MAX, vec![1], vec![u32::MAX]),
        ] {
            assert_eq!(apportion(seats, &weights(&ws)), expected, "{seats} over {ws:?}");
        }
        assert_eq!(apportion(3, &[]), Vec::<u32>::new());
    }

    #[test]
    fn huge_numbers_cost_no_more_than_small_ones() {
        let shares =
            apportion(2_000_000_001, &[Claimant::of_weight(u32::MAX), Claimant::of_weight(u32::MAX)]);
        assert_eq!(shares, vec![1_000_000_001, 1_000_000_000]);
        let shares = apportion(4_000_000_000, &[Claimant::of_weight(1), Claimant::of_weight(u32::MAX)]);
        assert_eq!(shares.iter().sum::<u32>(), 4_000_000_000);
    }

    fn claimants() -> impl Strategy<Value = Vec<Claimant>> {
        let one = (0..30_u32, 0..4_u32, 0..30_u32)
            .prop_map(|(weight, min, more)| Claimant::of_weight(weight).at_least(min).at_most(min + more));
        proptest::collection::vec(one, 0..7)
    }

    proptest! {
        #[test]
        fn the_search_agrees_with_the_book(seats in 0..120_u32, claimants in claimants()) {
            prop_assert_eq!(apportion(seats, &claimants), by_the_book(seats, &claimants));
        }

        #[test]
        fn one_seat_more_lowers_nobody(seats in 0..120_u32, claimants in claimants()) {
            let before = apportion(seats, &claimants);
            let after = apportion(seats + 1, &claimants);
            prop_assert!(before.iter().zip(&after).all(|(b, a)| b <= a), "{:?} {:?}", before, after);
        }
    }
}
