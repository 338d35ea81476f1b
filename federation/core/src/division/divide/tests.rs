//! The worked divisions, and I22 on any input.

use super::*;
use crate::fleet::tests::cell;
use proptest::prelude::*;

fn candidate(name: &str, weight: u32) -> Candidate {
    Candidate { cell: cell(name), weight: Some(weight), present: 0, limit: None }
}

const fn weighted(min: u32, max: u32, avoid_disruption: bool) -> Division {
    Division::Weighted { bounds: Bounds { min, max }, avoid_disruption }
}

fn numbers(divided: &Divided) -> Vec<u32> {
    divided.shares.values().copied().collect()
}

fn split(replicas: u32, division: Division, weights: &[u32], present: &[u32]) -> Divided {
    let candidates: Vec<Candidate> = weights
        .iter()
        .enumerate()
        .map(|(place, weight)| Candidate {
            present: present.get(place).copied().unwrap_or(0),
            ..candidate(&format!("c{place}"), *weight)
        })
        .collect();
    divide(replicas, division, &candidates).unwrap()
}

#[test]
fn duplicated_gives_all_to_all() {
    assert_eq!(numbers(&split(3, Division::Duplicated, &[0, 7], &[])), [3, 3]);
}

#[test]
fn the_examples_traffic_with_a_minimum() {
    // 20 replicas; RZ00 and RZ01 have half the users each on two cells of 50; RZ82 has none.
    let divided = split(20, weighted(1, u32::MAX, true), &[25, 25, 25, 25, 0, 0], &[]);
    assert_eq!(numbers(&divided), [5, 5, 4, 4, 1, 1]);
    assert_eq!(divided.report.about("c4").next().unwrap().to_string(), "weight 0, so only the minimum of 1");
}

#[test]
fn a6_minima_equal_below_and_above_the_replicas() {
    let of = |replicas| numbers(&split(replicas, weighted(2, 4, false), &[1, 1, 1], &[]));
    assert_eq!(of(6), [2, 2, 2]);
    assert_eq!(of(7), [3, 2, 2]);
    assert_eq!(of(4), [2, 1, 1]);
    let full = split(14, weighted(2, 4, false), &[1, 1, 1], &[]);
    assert_eq!((numbers(&full), full.unplaced), (vec![4, 4, 4], 2));
    assert_eq!(
        full.report.to_string(),
        "c0: at the maximum of 4; c1: at the maximum of 4; c2: at the maximum of 4"
    );
}

#[test]
fn what_runs_stays_where_it_may() {
    let keep = weighted(0, u32::MAX, true);
    assert_eq!(numbers(&split(10, keep, &[1, 1], &[8, 2])), [8, 2]);
    assert_eq!(numbers(&split(12, keep, &[1, 1], &[8, 2])), [8, 4]);
    assert_eq!(numbers(&split(8, keep, &[1, 1], &[8, 2])), [6, 2]);
    assert_eq!(numbers(&split(10, weighted(0, u32::MAX, false), &[1, 1], &[8, 2])), [5, 5]);
    assert_eq!(numbers(&split(10, keep, &[1, 0], &[4, 6])), [10, 0]);
    assert_eq!(numbers(&split(10, weighted(0, 6, true), &[1, 1], &[8, 2])), [6, 4]);
}

#[test]
fn a_cell_without_room_lends_its_part() {
    let mut stuck = candidate("b", 1);
    stuck.limit = Some(1);
    let divided = divide(6, weighted(0, u32::MAX, false), &[candidate("a", 1), stuck]).unwrap();
    assert_eq!(numbers(&divided), [5, 1]);
    assert_eq!(divided.report.about("b").next().unwrap().to_string(), "no room for more than 1");
}

#[test]
fn i21_a_cell_of_unknown_weight_keeps_what_it_has() {
    let silent = Candidate { weight: None, present: 4, ..candidate("c", 0) };
    let keep = weighted(1, u32::MAX, true);
    let of =
        |replicas| divide(replicas, keep, &[candidate("a", 1), candidate("b", 1), silent.clone()]).unwrap();
    assert_eq!(numbers(&of(10)), [3, 3, 4]);
    assert_eq!(numbers(&of(12)), [4, 4, 4]);
    // Only a person who asks for less takes anything away there.
    assert_eq!(numbers(&of(3)), [0, 0, 3]);
    assert_eq!(
        of(10).report.about("c").next().unwrap().to_string(),
        "its weight is not known; what runs there stays"
    );
    // Nobody has reported yet: nothing is placed, and that is no error of the person who asked.
    let fresh = divide(5, keep, &[Candidate { present: 0, ..silent }]).unwrap();
    assert_eq!((numbers(&fresh), fresh.unplaced), (vec![0], 5));
}

#[test]
fn no_weight_no_cell_and_crossed_bounds_are_refused() {
    let nothing = [candidate("b", 0), candidate("a", 0)];
    assert_eq!(
        divide(3, weighted(1, 9, true), &nothing).unwrap_err().to_string(),
        "all 2 cells have weight 0 (a, b), so 3 replicas cannot be divided: give one a weight"
    );
    assert_eq!(divide(3, Division::Duplicated, &[]), Err(DivisionError::NoCells { replicas: 3 }));
    assert!(divide(0, weighted(0, 9, true), &nothing).is_ok());
    assert_eq!(divide(3, weighted(4, 3, true), &nothing), Err(DivisionError::Bounds { min: 4, max: 3 }));
}

fn worlds() -> impl Strategy<Value = (Vec<Candidate>, Bounds)> {
    let weight = proptest::option::weighted(0.8, 0..9_u32);
    let one = (weight, 0..12_u32, proptest::option::weighted(0.2, 0..9_u32));
    (proptest::collection::vec(one, 1..6), 0..3_u32, 0..20_u32).prop_map(|(cells, min, more)| {
        let candidates = cells
            .into_iter()
            .enumerate()
            .map(|(place, (weight, present, limit))| Candidate {
                cell: cell(&format!("c{place}")),
                weight: if place == 0 { Some(weight.unwrap_or(0) + 1) } else { weight },
                present,
                limit,
            })
            .collect();
        (candidates, Bounds { min, max: min + more })
    })
}

proptest! {
    #[test]
    fn i22_sums_to_what_was_asked_or_says_what_is_left(
        (candidates, bounds) in worlds(), replicas in 0..70_u32, avoid_disruption: bool,
    ) {
        let division = Division::Weighted { bounds, avoid_disruption };
        let divided = divide(replicas, division, &candidates).unwrap();
        prop_assert_eq!(divided.shares.values().sum::<u32>() + divided.unplaced, replicas);
        if divided.unplaced > 0 {
            for candidate in &candidates {
                let full = divided.shares[&candidate.cell] >= cap(bounds, candidate);
                prop_assert!(full || matches!(candidate.weight, Some(0) | None), "{:?} {:?}", candidate, divided);
            }
        }
        for candidate in candidates.iter().filter(|candidate| candidate.weight.is_some()) {
            prop_assert!(divided.shares[&candidate.cell] <= cap(bounds, candidate));
        }
    }

    #[test]
    fn i22_raising_the_total_lowers_no_cell(
        (candidates, bounds) in worlds(), replicas in 0..70_u32, more in 1..9_u32, avoid_disruption: bool,
    ) {
        let division = Division::Weighted { bounds, avoid_disruption };
        let before = divide(replicas, division, &candidates).unwrap();
        let running: Vec<Candidate> = candidates.iter()
            .map(|c| Candidate { present: before.shares[&c.cell], ..c.clone() })
            .collect();
        let after = divide(replicas + more, division, &running).unwrap();
        for (cell, share) in &before.shares {
            prop_assert!(after.shares[cell] >= *share, "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn asking_again_changes_nothing((candidates, bounds) in worlds(), replicas in 0..70_u32) {
        let division = Division::Weighted { bounds, avoid_disruption: true };
        let before = divide(replicas, division, &candidates).unwrap();
        let running: Vec<Candidate> = candidates.iter()
            .map(|c| Candidate { present: before.shares[&c.cell], ..c.clone() })
            .collect();
        prop_assert_eq!(divide(replicas, division, &running).unwrap().shares, before.shares);
    }

    #[test]
    fn the_order_of_cells_does_not_matter((candidates, bounds) in worlds(), replicas in 0..70_u32) {
        let division = Division::Weighted { bounds, avoid_disruption: true };
        let reversed: Vec<Candidate> = candidates.iter().rev().cloned().collect();
        prop_assert_eq!(divide(replicas, division, &candidates), divide(replicas, division, &reversed));
    }
}
