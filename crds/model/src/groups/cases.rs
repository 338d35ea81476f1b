//! The worked cases A1 to A5 and A7 of 09 §5, and what must hold for any input.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::names::CellLabel;
use crate::release::GroupIndex;

fn label(name: &str) -> CellLabel {
    CellLabel::new(name).unwrap()
}

fn input(replicas: u32, cells: &[&str]) -> SharesInput {
    SharesInput { replicas, cells: cells.iter().map(|cell| label(cell)).collect(), ..SharesInput::default() }
}

fn pinned(mut input: SharesInput, pins: &[(&str, Pin)]) -> SharesInput {
    input.pinned = pins.iter().map(|(cell, pin)| (label(cell), *pin)).collect();
    input
}

fn numbers(pairs: &[(&str, u32)]) -> BTreeMap<CellLabel, u32> {
    pairs.iter().map(|(cell, count)| (label(cell), *count)).collect()
}

fn counts(shares: &Shares) -> Vec<u32> {
    shares.cells.iter().map(|share| share.replicas).collect()
}

fn groups(plan: &GroupPlan) -> Vec<Vec<u32>> {
    plan.groups.iter().map(Group::counts).collect()
}

fn fresh(shares: &Shares) -> Vec<CellProgress> {
    shares
        .cells
        .iter()
        .map(|share| CellProgress { cell: share.cell.clone(), total: share.replicas, moved: 0 })
        .collect()
}

const BETA_4: Pace = Pace::new(UpgradeType::Beta, Some(4));

#[test]
fn a1_ten_pods_in_two_cells() {
    let shares = shares(&input(10, &["CellA", "CellB"])).unwrap();
    let plan = plan_update(&fresh(&shares), BETA_4).unwrap();
    assert_eq!(groups(&plan), [[1, 1], [2, 2], [2, 2]]);
    assert_eq!(plan.groups[1].to_string(), "group 1 (batch): 2+2");
    assert_eq!(plan.groups_total(), 3);
    assert_eq!(plan.pods_through(GroupIndex(1)), numbers(&[("CellA", 3), ("CellB", 3)]));
}

#[test]
fn a1_ten_pods_with_cell_a_pinned_to_four() {
    let pin = [("CellA", Pin::Count(4))];
    let shares = shares(&pinned(input(10, &["CellA", "CellB"]), &pin)).unwrap();
    assert_eq!(counts(&shares), [4, 6]);
    assert_eq!(shares.cells[0].reason.to_string(), "pinned to 4");
    let plan = plan_update(&fresh(&shares), BETA_4).unwrap();
    assert_eq!(groups(&plan), [[1, 1], [2, 2], [1, 3]]);
}

#[test]
fn a1_without_beta_or_without_a_batch_size() {
    let shares = shares(&input(10, &["a", "b"])).unwrap();
    let batch = |size| Pace::new(UpgradeType::Batch, size);
    assert_eq!(groups(&plan_update(&fresh(&shares), batch(Some(4))).unwrap()), [[2, 2], [2, 2], [1, 1]]);
    assert_eq!(groups(&plan_update(&fresh(&shares), batch(None)).unwrap()), [[5, 5]]);
    let beta = Pace::new(UpgradeType::Beta, None);
    assert_eq!(groups(&plan_update(&fresh(&shares), beta).unwrap()), [[1, 1], [4, 4]]);
}

#[test]
fn an_odd_pod_goes_where_most_is_left() {
    let progress = |total, moved, cell| CellProgress { cell: label(cell), total, moved };
    let pace = Pace::new(UpgradeType::Batch, Some(3));
    let plan = plan_update(&[progress(4, 0, "a"), progress(5, 0, "b")], pace).unwrap();
    assert_eq!(groups(&plan), [[1, 2], [2, 1], [1, 2]]);
}

#[test]
fn a_beta_group_skips_cells_with_nothing_to_move() {
    let progress = |total, moved, cell| CellProgress { cell: label(cell), total, moved };
    let plan = plan_update(&[progress(3, 3, "a"), progress(3, 0, "b")], BETA_4).unwrap();
    assert_eq!(groups(&plan), [[0, 1], [0, 2]]);
    assert!(plan_update(&[progress(3, 3, "a")], BETA_4).unwrap().is_done());
}

#[test]
fn a3_scale_out_goes_in_the_same_groups() {
    let target = shares(&input(10, &["a", "b"])).unwrap();
    assert_eq!(groups(&plan_scale_out(&[], &target, BETA_4).unwrap()), [[1, 1], [2, 2], [2, 2]]);
    let current = [CellCount { cell: label("a"), pods: 2 }, CellCount { cell: label("b"), pods: 2 }];
    assert_eq!(groups(&plan_scale_out(&current, &target, BETA_4).unwrap()), [[1, 1], [2, 2]]);
}

#[test]
fn a3_a_change_of_replicas_in_mid_release_replans_from_what_is_observed() {
    // Group 0 is done, then replicas goes from 10 to 6: two per cell are left, and no second beta group.
    let smaller = shares(&input(6, &["a", "b"])).unwrap();
    let moved: Vec<CellProgress> =
        fresh(&smaller).into_iter().map(|cell| CellProgress { moved: 1, ..cell }).collect();
    let plan = plan_update(&moved, BETA_4.after(1)).unwrap();
    assert_eq!(groups(&plan), [[2, 2]]);
    assert_eq!((plan.groups[0].index, plan.groups_total()), (GroupIndex(1), 2));
}

#[test]
fn a4_what_does_not_add_up_is_refused_with_its_numbers() {
    let refused = |input: SharesInput| shares(&input).unwrap_err().to_string();
    assert_eq!(
        refused(pinned(input(10, &["a", "b"]), &[("a", Pin::Count(8)), ("b", Pin::Percent(30))])),
        "topology.unitReplicas pins 11 replicas (a 8, b 30% = 3), but replicas is 10: lower the pins or raise \
         replicas"
    );
    assert_eq!(
        refused(pinned(input(10, &["a", "b"]), &[("a", Pin::Count(4)), ("b", Pin::Count(4))])),
        "topology.unitReplicas pins all cells to 8 replicas in total (a 4, b 4), but replicas is 10: make them \
         equal or leave one cell unpinned"
    );
    assert_eq!(
        refused(pinned(input(10, &["a", "b"]), &[("c", Pin::Count(4))])),
        "topology.unitReplicas names cell c, which topology.values does not list: it lists a, b"
    );
    let mut unknown = input(10, &["a"]);
    unknown.assigned = numbers(&[("x", 1)]);
    assert!(refused(unknown).starts_with("topology.assigned names cell x"));
    assert!(refused(input(1, &[])).starts_with("replicas is 1 and topology.values lists no cell"));
    assert!(refused(input(1, &["a", "a"])).contains("cell a more than once"));
    assert!(refused(pinned(input(1, &["a"]), &[("a", Pin::Percent(101))])).contains("101%"));
    assert_eq!(counts(&shares(&input(0, &[])).unwrap()), Vec::<u32>::new());
}

#[test]
fn a4_percentages_round_down_and_the_rest_is_shared() {
    let pins = [("CellA", Pin::Count(4)), ("CellB", Pin::Percent(10))];
    let shares = shares(&pinned(input(19, &["CellA", "CellB", "CellC"]), &pins)).unwrap();
    assert_eq!(counts(&shares), [4, 1, 14]);
    assert_eq!("10%".parse(), Ok(Pin::Percent(10)));
    assert_eq!("4".parse(), Ok(Pin::Count(4)));
    assert_eq!("101%".parse::<Pin>(), Err(PinError::Above100 { percent: 101 }));
    for bad in ["", "%", "-1", "1.5", "4 %", "99999999999"] {
        assert!(matches!(bad.parse::<Pin>(), Err(PinError::Malformed { .. })), "{bad}");
    }
}

#[test]
fn a5_an_even_split_gives_the_remainder_to_earlier_cells_and_shrinking_keeps_the_balance() {
    let of = |replicas| shares(&input(replicas, &["a", "b", "c"])).unwrap();
    assert_eq!(counts(&of(10)), [4, 3, 3]);
    assert_eq!(counts(&of(11)), [4, 4, 3]);
    let current =
        of(11).cells.iter().map(|s| CellCount { cell: s.cell.clone(), pods: s.replicas }).collect::<Vec<_>>();
    let plan = plan_scale_in(&current, &of(5), Some(2), 0).unwrap();
    assert_eq!(counts(&of(5)), [2, 2, 1]);
    assert_eq!(groups(&plan), [[1, 1, 0], [1, 0, 1], [0, 1, 1]]);
}

#[test]
fn a_cell_that_is_no_longer_listed_is_emptied() {
    let current = [CellCount { cell: label("a"), pods: 2 }, CellCount { cell: label("gone"), pods: 3 }];
    let plan = plan_scale_in(&current, &shares(&input(2, &["a"])).unwrap(), None, 0).unwrap();
    assert_eq!(groups(&plan), [[0, 3]]);
    assert_eq!(plan.groups[0].steps[1].cell.as_str(), "gone");
}

#[test]
fn a_hubs_shares_are_met_and_keep_their_proportion_when_somebody_scales() {
    let mut assigned = input(10, &["a", "b", "c"]);
    assigned.assigned = numbers(&[("a", 2), ("b", 7), ("c", 1)]);
    assert_eq!(counts(&shares(&assigned).unwrap()), [2, 7, 1]);
    assigned.replicas = 20;
    assert_eq!(counts(&shares(&assigned).unwrap()), [4, 14, 2]);
    // A person's pin wins over the hub.
    assigned.replicas = 10;
    assigned.pinned.insert(label("a"), Pin::Count(5));
    assert_eq!(counts(&shares(&assigned).unwrap()), [5, 4, 1]);
}

#[test]
fn a7_a_cell_without_room_lends_its_places_and_gets_them_back() {
    let mut adaptive = input(8, &["a", "b", "c"]);
    assert_eq!(counts(&shares(&adaptive).unwrap()), [3, 3, 2]);
    adaptive.limits = numbers(&[("b", 1)]);
    let moved = shares(&adaptive).unwrap();
    assert_eq!(counts(&moved), [4, 1, 3]);
    assert_eq!(moved.cells[1].reason, ShareReason::Limited { entitled: 3 });
    assert_eq!(moved.cells[0].reason, ShareReason::Standing { entitled: 3 });
    // Scaled down and up while it is stuck, then it recovers.
    adaptive.replicas = 4;
    assert_eq!(counts(&shares(&adaptive).unwrap()), [2, 1, 1]);
    adaptive.replicas = 8;
    adaptive.limits.clear();
    assert_eq!(counts(&shares(&adaptive).unwrap()), [3, 3, 2]);
}

#[test]
fn a7_limits_never_move_a_pinned_cell_and_what_fits_nowhere_stays_where_it_belongs() {
    let mut stuck = pinned(input(8, &["a", "b"]), &[("a", Pin::Count(4))]);
    stuck.limits = numbers(&[("a", 0)]);
    assert_eq!(counts(&shares(&stuck).unwrap()), [4, 4]);
    let mut full = input(8, &["a", "b"]);
    full.limits = numbers(&[("a", 1), ("b", 2)]);
    let placed = shares(&full).unwrap();
    assert_eq!(placed.total(), 8);
    assert_eq!(counts(&placed), [4, 4]);
}

#[test]
fn a_plan_that_nobody_can_read_is_refused() {
    let cell = CellProgress { cell: label("a"), total: 2_000_000_000, moved: 0 };
    let error = plan_update(std::slice::from_ref(&cell), BETA_4).unwrap_err().to_string();
    assert!(error.starts_with("2000000000 pods in batches of 4 make 500000000 groups"), "{error}");
    let empty = Pace::new(UpgradeType::Batch, Some(0));
    assert_eq!(plan_update(&[cell], empty), Err(GroupError::EmptyBatch));
    let ahead = CellProgress { cell: label("a"), total: 2, moved: 3 };
    assert!(matches!(plan_update(&[ahead], BETA_4), Err(GroupError::MovedAboveTotal { .. })));
}

fn worlds() -> impl Strategy<Value = SharesInput> {
    let cell = (0..4_u32, proptest::option::of(0..6_u32), proptest::option::of(0..12_u32));
    (0..80_u32, proptest::collection::vec(cell, 1..6)).prop_map(|(more, cells)| {
        let names: Vec<CellLabel> = (0..cells.len()).map(|place| label(&format!("c{place}"))).collect();
        let mut world = SharesInput { cells: names.clone(), ..SharesInput::default() };
        for (name, (assigned, pin, limit)) in names.iter().zip(&cells) {
            world.assigned.insert(name.clone(), *assigned);
            if let Some(pin) = pin.filter(|_| name.as_str() != "c0") {
                world.pinned.insert(name.clone(), Pin::Count(pin));
            }
            if let Some(limit) = limit {
                world.limits.insert(name.clone(), *limit);
            }
        }
        world.replicas = more + world.pinned.values().map(|pin| pin.of(0)).sum::<u32>();
        world
    })
}

proptest! {
    #[test]
    fn shares_sum_to_replicas_and_pins_hold(world in worlds()) {
        let shares = shares(&world).unwrap();
        prop_assert_eq!(shares.total(), world.replicas);
        for (cell, pin) in &world.pinned {
            prop_assert_eq!(shares.of(cell.as_str()), pin.of(world.replicas));
        }
    }

    #[test]
    fn one_replica_more_lowers_no_cell(mut world in worlds()) {
        world.limits.clear();
        let before = counts(&shares(&world).unwrap());
        world.replicas += 1;
        let after = counts(&shares(&world).unwrap());
        prop_assert!(before.iter().zip(&after).all(|(b, a)| b <= a), "{:?} {:?}", before, after);
    }

    #[test]
    fn every_pod_moves_once_in_groups_within_the_batch(
        cells in proptest::collection::vec((0..30_u32, 0..30_u32), 1..5),
        batch in proptest::option::of(1..9_u32),
        beta in any::<bool>(),
        done in 0..3_u32,
    ) {
        let upgrade_type = if beta { UpgradeType::Beta } else { UpgradeType::Batch };
        let pace = Pace::new(upgrade_type, batch).after(done);
        let progress: Vec<CellProgress> = cells.iter().enumerate()
            .map(|(place, (left, moved))| CellProgress {
                cell: label(&format!("c{place}")), total: left + moved, moved: *moved,
            })
            .collect();
        let plan = plan_update(&progress, pace).unwrap();
        for (place, (left, _)) in cells.iter().enumerate() {
            prop_assert_eq!(plan.groups.iter().map(|group| group.steps[place].pods).sum::<u32>(), *left);
        }
        for (place, group) in plan.groups.iter().enumerate() {
            prop_assert_eq!(group.index.0 as usize, place + done as usize);
            prop_assert!(group.pods() > 0);
            match group.kind {
                GroupKind::Beta => prop_assert!(group.index.0 == 0 && group.steps.iter().all(|s| s.pods <= 1)),
                GroupKind::Batch => prop_assert!(batch.is_none_or(|batch| group.pods() <= batch)),
            }
        }
        // Asking again after the first group gives the rest of the same plan.
        if let Some(first) = plan.groups.first() {
            let later: Vec<CellProgress> = progress.iter().zip(&first.steps)
                .map(|(cell, step)| CellProgress { moved: cell.moved + step.pods, ..cell.clone() })
                .collect();
            let rest = plan_update(&later, pace.after(done + 1)).unwrap();
            prop_assert_eq!(&rest.groups[..], &plan.groups[1..]);
        }
    }

    #[test]
    fn scale_in_and_out_meet_at_the_shares(from in worlds(), replicas in 0..60_u32) {
        let mut to = from.clone();
        to.replicas = replicas + to.pinned.values().map(|pin| pin.of(0)).sum::<u32>();
        let (now, then) = (shares(&from).unwrap(), shares(&to).unwrap());
        let current: Vec<CellCount> =
            now.cells.iter().map(|s| CellCount { cell: s.cell.clone(), pods: s.replicas }).collect();
        let out = plan_scale_out(&current, &then, BETA_4).unwrap();
        let back = plan_scale_in(&current, &then, Some(3), 0).unwrap();
        for share in &then.cells {
            let name = share.cell.as_str();
            let added: u32 = out.groups.iter().map(|group| group.pods_of(name)).sum();
            let removed: u32 = back.groups.iter().map(|group| group.pods_of(name)).sum();
            prop_assert_eq!(now.of(name) + added - removed, share.replicas);
        }
    }
}
