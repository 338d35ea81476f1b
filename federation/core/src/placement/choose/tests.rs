//! Who is chosen, who is rejected and why, and I21 on any loss of data.

use super::*;
use crate::fleet::Taint;
use crate::fleet::tests::{cell, cluster, playground, unit};
use model::Timestamp;
use proptest::prelude::*;

fn units(names: &[&str]) -> Placement {
    Placement { units: names.iter().map(|name| unit(name)).collect(), ..Placement::default() }
}

fn names(chosen: &Chosen) -> Vec<&str> {
    chosen.cells.keys().map(CellName::as_str).collect()
}

#[test]
fn placing_a_unit_places_those_templated_on_it() {
    let chosen = place(&units(&["rz00"]), &playground(), &Present::new()).unwrap();
    assert_eq!(names(&chosen), ["rz00a", "rz00b", "rz90a", "rz90b"]);
    assert!(chosen.rejected().is_empty());
    assert_eq!(chosen.clusters().len(), 3);
}

#[test]
fn parts_are_anded_and_every_rejection_has_its_reason() {
    let mut placement = units(&["rz00", "rz82"]);
    placement.cells = Some("side=A".parse().unwrap());
    placement.clusters = Some("city in (hangzhou, shanghai)".parse().unwrap());
    let mut fleet = playground();
    fleet.clusters.get_mut("sh-a").unwrap().taints =
        vec![Taint { key: "upgrade".to_owned(), value: String::new() }];
    let chosen = place(&placement, &fleet, &Present::new()).unwrap();
    assert_eq!(names(&chosen), ["rz00a"]);
    assert_eq!(
        chosen.rejected().to_string(),
        "rz00b: labels of the cell do not match side=A; rz82a: cluster sh-a has taint upgrade; rz82b: labels \
         of the cell do not match side=A; rz90a: labels of cluster nj-a do not match city in \
         (hangzhou,shanghai); rz90b: labels of the cell do not match side=A"
    );
    placement.tolerations = vec![Toleration::Exists { key: "upgrade".to_owned() }];
    assert_eq!(names(&place(&placement, &fleet, &Present::new()).unwrap()), ["rz00a", "rz82a"]);
}

#[test]
fn empty_and_unknown_are_refused_by_name() {
    let fleet = playground();
    assert_eq!(place(&Placement::default(), &fleet, &Present::new()), Err(PlacementError::Empty));
    assert_eq!(
        place(&units(&["rz00", "rz07", "rz08"]), &fleet, &Present::new()).unwrap_err().to_string(),
        "placement names unknown units rz07, rz08: declared are rz00, rz01, rz82, rz90"
    );
}

#[test]
fn a_cut_off_cluster_keeps_what_it_has_and_gets_nothing_new() {
    let mut fleet = playground();
    let since = Timestamp::from_seconds(1);
    fleet.clusters.get_mut("hz-b").unwrap().reach = Reach::Unknown { since };
    let present = Present::from([(cell("rz00b"), cluster("hz-b"))]);
    let chosen = place(&units(&["rz00", "rz01"]), &fleet, &present).unwrap();
    assert!(names(&chosen).contains(&"rz00b"));
    assert!(!names(&chosen).contains(&"rz01b"));
    assert_eq!(
        chosen.report.about("rz00b").next().unwrap().to_string(),
        "kept, although cluster hz-b is not heard since 1970-01-01T00:00:01.000Z"
    );
}

#[test]
fn only_a_wish_gives_up_a_cell_that_is_away() {
    let mut fleet = playground();
    fleet.clusters.get_mut("hz-b").unwrap().reach = Reach::Suspended;
    let present = Present::from([(cell("rz00b"), cluster("hz-b"))]);
    let chosen = place(&units(&["rz82"]), &fleet, &present).unwrap();
    assert_eq!(names(&chosen), ["rz82a", "rz82b"]);
    assert_eq!(chosen.given_up(&present), BTreeSet::from([cluster("hz-b")]));
}

proptest! {
    /// I21: take away any part of what is known, and the application stays where it is.
    #[test]
    fn missing_data_drops_no_cell(
        lost_clusters in proptest::collection::btree_set(0..4_usize, 0..4),
        lost_cells in proptest::collection::btree_set(0..8_usize, 0..8),
        silent in proptest::collection::btree_set(0..4_usize, 0..4),
    ) {
        let full = playground();
        let placement = units(&["rz00", "rz01", "rz82"]);
        let before = place(&placement, &full, &Present::new()).unwrap();
        let mut fleet = full.clone();
        for place in silent {
            let name = full.clusters.keys().nth(place).unwrap();
            fleet.clusters.get_mut(name).unwrap().reach = Reach::Unknown { since: Timestamp::default() };
        }
        for place in lost_clusters {
            fleet.clusters.remove(full.clusters.keys().nth(place).unwrap());
        }
        for place in lost_cells {
            fleet.cells.remove(full.cells.keys().nth(place).unwrap());
        }
        prop_assert_eq!(place(&placement, &fleet, &before.cells).unwrap().cells, before.cells);
    }
}
