//! Every invariant holds in every scenario, for some seeds in an ordinary run, and for as many as
//! `CAFEFED_SIM_SEEDS` says in a long one.

use e2e_sim::{Scenario, run};

/// Seeds per scenario of an ordinary run.
const SEEDS: u64 = 50;

fn all_hold(scenario: Scenario, share: u64) {
    let asked = std::env::var("CAFEFED_SIM_SEEDS").ok();
    let seeds = asked.map_or(SEEDS / share, |text| text.parse().expect("CAFEFED_SIM_SEEDS is a number"));
    let failures: Vec<String> = (0..seeds).filter_map(|seed| run(seed, scenario, None).failure()).collect();
    assert!(failures.is_empty(), "{} of {seeds} seeds fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn releases_keep_all_invariants() {
    all_hold(Scenario::Release, 1);
}

#[test]
fn scaling_keeps_all_invariants() {
    all_hold(Scenario::Scale, 1);
}

#[test]
fn moves_keep_all_invariants() {
    all_hold(Scenario::Move, 1);
}

#[test]
fn members_without_the_hub_keep_all_invariants() {
    all_hold(Scenario::HubLost, 1);
}

/// Each seed is two runs to the end of a long script.
#[test]
fn a_crash_after_any_write_ends_where_no_crash_ends() {
    all_hold(Scenario::EveryWrite, 2);
}
