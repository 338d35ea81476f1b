//! Sets of UIDs as sorted, disjoint, non-touching ranges: their size does not depend on how many users they hold.

use std::fmt;

use serde::{Serialize, Serializer};

use super::parse;
use super::{Uid, UidError, UidSpace};

/// The UIDs from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UidRange {
    /// The least UID.
    pub first: Uid,
    /// The greatest UID, not below `first`.
    pub last: Uid,
}

impl UidRange {
    /// Number of UIDs in it.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.last - self.first + 1
    }
}

/// A set of UIDs of one space. Written `"00-15,20-49"`: ranges in order, both ends included, padded with zeros.
///
/// Operations on two sets keep the space of the left one; callers hold sets of one space only, which
/// [`crate::RuleSet`] and [`crate::HomeMap`] see to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UidSet {
    space: UidSpace,
    ranges: Vec<UidRange>,
}

/// A part of a whole as an exact ratio, so that comparing two never rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// UIDs in the part.
    pub uids: u32,
    /// UIDs in the whole, at least 1.
    pub of: u32,
}

impl Share {
    /// The ratio in hundredths of a percent, rounded down: 33.33 % is 3333.
    #[must_use]
    pub fn basis_points(self) -> u32 {
        // The quotient is at most 10 000 because a part is never more than its whole.
        u32::try_from(u64::from(self.uids) * 10_000 / u64::from(self.of.max(1))).unwrap_or(10_000)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = self.basis_points();
        match points % 100 {
            0 => write!(f, "{}%", points / 100),
            rest => write!(f, "{}.{rest:02}%", points / 100),
        }
    }
}

impl UidSet {
    /// No UID of `space`.
    #[must_use]
    pub const fn empty(space: UidSpace) -> Self {
        Self { space, ranges: Vec::new() }
    }

    /// Every UID of `space`.
    #[must_use]
    pub fn full(space: UidSpace) -> Self {
        Self { space, ranges: vec![UidRange { first: 0, last: space.last() }] }
    }

    /// Reads `"00-15,20-49"`; the empty text is the empty set. See [`UidError`] for what is refused.
    pub fn parse(space: UidSpace, text: &str) -> Result<Self, UidError> {
        let ranges = parse::ranges(space, text)?;
        Ok(Self::from_ranges(space, ranges))
    }

    /// The union of `ranges`, in any order; what lies outside of `space` is left out.
    #[must_use]
    pub fn from_ranges(space: UidSpace, ranges: impl IntoIterator<Item = UidRange>) -> Self {
        let mut sorted: Vec<UidRange> = ranges
            .into_iter()
            .filter(|range| range.first <= range.last && space.contains(range.first))
            .map(|range| UidRange { first: range.first, last: range.last.min(space.last()) })
            .collect();
        sorted.sort_unstable();
        let mut merged: Vec<UidRange> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match merged.last_mut() {
                Some(before) if range.first <= before.last.saturating_add(1) => {
                    before.last = before.last.max(range.last);
                }
                _ => merged.push(range),
            }
        }
        Self { space, ranges: merged }
    }

    /// The set of single UIDs; those outside of `space` are left out.
    #[must_use]
    pub fn from_uids(space: UidSpace, uids: impl IntoIterator<Item = Uid>) -> Self {
        Self::from_ranges(space, uids.into_iter().map(|uid| UidRange { first: uid, last: uid }))
    }

    /// The space this set is of.
    #[must_use]
    pub const fn space(&self) -> UidSpace {
        self.space
    }

    /// The ranges: sorted, disjoint, not touching.
    #[must_use]
    pub fn ranges(&self) -> &[UidRange] {
        &self.ranges
    }

    /// Number of UIDs.
    #[must_use]
    pub fn len(&self) -> u32 {
        // Disjoint ranges of one space sum to at most its size.
        self.ranges.iter().map(|range| range.count()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Each UID in order.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.ranges.iter().flat_map(|range| range.first..=range.last)
    }

    /// Whether `uid` is in the set; binary search over the ranges.
    #[must_use]
    pub fn contains(&self, uid: Uid) -> bool {
        let after = self.ranges.partition_point(|range| range.first <= uid);
        after > 0 && uid <= self.ranges[after - 1].last
    }

    /// UIDs in this set or in `other`.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.space, self.ranges.iter().chain(&other.ranges).copied())
    }

    /// UIDs in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.ranges.as_slice(), other.ranges.as_slice());
        let mut both = Vec::new();
        while let ([a, ..], [b, ..]) = (left, right) {
            let (first, last) = (a.first.max(b.first), a.last.min(b.last));
            if first <= last {
                both.push(UidRange { first, last });
            }
            if a.last <= b.last { left = &left[1..] } else { right = &right[1..] }
        }
        Self::from_ranges(self.space, both)
    }

    /// UIDs of the space that are not in this set.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = Some(0);
        for range in &self.ranges {
            if let Some(first) = next.filter(|first| *first < range.first) {
                gaps.push(UidRange { first, last: range.first - 1 });
            }
            next = range.last.checked_add(1);
        }
        if let Some(first) = next.filter(|first| self.space.contains(*first)) {
            gaps.push(UidRange { first, last: self.space.last() });
        }
        Self { space: self.space, ranges: gaps }
    }

    /// UIDs in this set and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let others = Self::from_ranges(self.space, other.ranges.iter().copied());
        self.intersection(&others.complement())
    }

    /// Whether every UID of this set is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Whether the sets have no UID in common.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.intersection(other).is_empty()
    }

    /// This set's part of its space.
    #[must_use]
    pub fn share(&self) -> Share {
        Share { uids: self.len(), of: self.space.size() }
    }
}

impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.space.width();
        for (place, UidRange { first, last }) in self.ranges.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{first:0width$}")?;
            if first != last {
                write!(f, "-{last:0width$}")?;
            }
        }
        Ok(())
    }
}

/// As text. There is no `Deserialize`: a text means nothing without its space, so whoever holds the space parses.
impl Serialize for UidSet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn hundred(text: &str) -> UidSet {
        UidSet::parse(UidSpace::default(), text).unwrap()
    }

    #[test]
    fn is_shown_padded_and_merged() {
        assert_eq!(hundred("20-49, 0-15").to_string(), "00-15,20-49");
        assert_eq!(hundred("00-15,16-49").to_string(), "00-49");
        assert_eq!(hundred("7").to_string(), "07");
        assert_eq!(hundred("").to_string(), "");
        let thousand = UidSpace::new(1000).unwrap();
        assert_eq!(UidSet::parse(thousand, "5-42").unwrap().to_string(), "005-042");
        assert_eq!(serde_json::to_string(&hundred("0-3")).unwrap(), "\"00-03\"");
    }

    #[test]
    fn shares_are_exact() {
        assert_eq!(hundred("00-29").share(), Share { uids: 30, of: 100 });
        assert_eq!(hundred("00-29").share().to_string(), "30%");
        assert_eq!(Share { uids: 1, of: 3 }.to_string(), "33.33%");
        assert_eq!(Share { uids: u32::MAX, of: u32::MAX }.to_string(), "100%");
    }

    #[test]
    fn the_greatest_space_does_not_overflow() {
        let space = UidSpace::new(u32::MAX).unwrap();
        let all = UidSet::full(space);
        assert_eq!(all.len(), u32::MAX);
        assert!(all.complement().is_empty());
        assert_eq!(UidSet::empty(space).complement(), all);
    }

    #[test]
    fn what_is_outside_of_the_space_is_left_out() {
        let space = UidSpace::new(10).unwrap();
        let set =
            UidSet::from_ranges(space, [UidRange { first: 8, last: 20 }, UidRange { first: 15, last: 16 }]);
        assert_eq!(set.to_string(), "8-9");
    }

    fn uids() -> impl Strategy<Value = BTreeSet<Uid>> {
        proptest::collection::btree_set(0..37_u32, 0..37)
    }

    fn set(uids: &BTreeSet<Uid>) -> UidSet {
        UidSet::from_uids(UidSpace::new(37).unwrap(), uids.iter().copied())
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_plain_sets(a in uids(), b in uids()) {
            let (x, y) = (set(&a), set(&b));
            let all: BTreeSet<Uid> = (0..37).collect();
            prop_assert_eq!(x.union(&y), set(&a.union(&b).copied().collect()));
            prop_assert_eq!(x.intersection(&y), set(&a.intersection(&b).copied().collect()));
            prop_assert_eq!(x.difference(&y), set(&a.difference(&b).copied().collect()));
            prop_assert_eq!(x.complement(), set(&all.difference(&a).copied().collect()));
            prop_assert_eq!(x.is_subset(&y), a.is_subset(&b));
            prop_assert_eq!(x.is_disjoint(&y), a.is_disjoint(&b));
            prop_assert_eq!(x.len() as usize, a.len());
            prop_assert_eq!(x.iter().collect::<BTreeSet<_>>(), a.clone());
            for uid in 0..40 {
                prop_assert_eq!(x.contains(uid), a.contains(&uid));
            }
        }

        #[test]
        fn ranges_stay_sorted_disjoint_and_apart(a in uids()) {
            let x = set(&a);
            prop_assert!(x.ranges().windows(2).all(|pair| pair[0].last + 1 < pair[1].first));
        }

        #[test]
        fn display_and_parse_are_a_round_trip(a in uids()) {
            let x = set(&a);
            prop_assert_eq!(UidSet::parse(x.space(), &x.to_string()).unwrap(), x);
        }
    }
}
