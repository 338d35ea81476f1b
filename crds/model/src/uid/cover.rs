//! Whether named sets partition a space: which UIDs nobody has, and which several have (I1).

use super::{UidSet, UidSpace};

/// UIDs that two owners have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap<N> {
    /// The owner named first.
    pub left: N,
    /// The other owner.
    pub right: N,
    /// What both have.
    pub uids: UidSet,
}

/// How named sets cover a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover<N> {
    /// UIDs that nobody has.
    pub gap: UidSet,
    /// UIDs that two have, one entry for each pair, in the order given.
    pub overlaps: Vec<Overlap<N>>,
}

impl<N> Cover<N> {
    /// Whether every UID has exactly one owner.
    #[must_use]
    pub fn is_partition(&self) -> bool {
        self.gap.is_empty() && self.overlaps.is_empty()
    }
}

/// How `owners` cover `space`.
pub fn cover<'a, N: Clone>(space: UidSpace, owners: impl IntoIterator<Item = (N, &'a UidSet)>) -> Cover<N> {
    let owners: Vec<(N, &UidSet)> = owners.into_iter().collect();
    let all = owners.iter().flat_map(|(_, uids)| uids.ranges().iter().copied());
    let gap = UidSet::from_ranges(space, all).complement();
    let mut overlaps = Vec::new();
    for (place, (left, mine)) in owners.iter().enumerate() {
        for (right, theirs) in &owners[place + 1..] {
            let uids = mine.intersection(theirs);
            if !uids.is_empty() {
                overlaps.push(Overlap { left: left.clone(), right: right.clone(), uids });
            }
        }
    }
    Cover { gap, overlaps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hundred(text: &str) -> UidSet {
        UidSet::parse(UidSpace::default(), text).unwrap()
    }

    #[test]
    fn names_gaps_and_overlaps() {
        let (a, b, c) = (hundred("00-49"), hundred("45-60"), hundred("70-99"));
        let cover = cover(UidSpace::default(), [("a", &a), ("b", &b), ("c", &c)]);
        assert_eq!(cover.gap.to_string(), "61-69");
        assert_eq!(cover.overlaps, vec![Overlap { left: "a", right: "b", uids: hundred("45-49") }]);
        assert!(!cover.is_partition());
    }

    #[test]
    fn the_slides_map_is_a_partition() {
        let (a, b, c) = (hundred("00-15,20-49"), hundred("50-65,70-99"), hundred("16-19,66-69"));
        assert!(cover(UidSpace::default(), [("rz00", &a), ("rz01", &b), ("rz90", &c)]).is_partition());
        assert_eq!(cover::<&str>(UidSpace::default(), []).gap.to_string(), "00-99");
    }
}
