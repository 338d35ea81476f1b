//! The algebra of UID sets is that of plain sets, and its text comes back.

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
    let set = UidSet::from_ranges(space, [UidRange { first: 8, last: 20 }, UidRange { first: 15, last: 16 }]);
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
