//! Every known bug that is put back is found within some seeds, by the invariant that forbids it.

use e2e_sim::{Mutant, Scenario, run};

/// The bug breaks the invariant within so many seeds.
fn is_found(mutant: Mutant, scenario: Scenario, seeds: u64, invariant: &str) {
    let broken = (0..seeds).filter_map(|seed| run(seed, scenario, Some(mutant)).violation);
    let mut others = Vec::new();
    for violation in broken {
        if violation.invariant == invariant {
            return;
        }
        others.push(violation.invariant);
    }
    panic!("{mutant} does not break '{invariant}' within {seeds} seeds of {scenario}; it breaks {others:?}");
}

#[test]
fn an_absent_work_taken_for_deleted_is_found() {
    is_found(Mutant::AbsentMeansDeleted, Scenario::Release, 30, "I21 positive instruction");
}

#[test]
fn an_unknown_cluster_taken_for_empty_is_found() {
    is_found(Mutant::UnknownMeansEmpty, Scenario::Scale, 10, "I21 positive instruction");
}

#[test]
fn writes_without_compare_and_set_are_found() {
    is_found(Mutant::NoCompareAndSet, Scenario::Release, 30, "release forward");
}

#[test]
fn counts_of_an_earlier_release_are_found() {
    is_found(Mutant::CountsWithoutSeq, Scenario::Move, 20, "group order");
}

#[test]
fn division_by_largest_remainder_is_found() {
    is_found(Mutant::LargestRemainder, Scenario::Scale, 60, "I22 division");
}

#[test]
fn a_confirmation_bound_to_a_hash_is_found() {
    is_found(Mutant::ConfirmedByHash, Scenario::Move, 60, "group order");
}

#[test]
fn a_work_of_an_older_generation_is_found() {
    is_found(Mutant::OlderGeneration, Scenario::Release, 20, "release forward");
}

#[test]
fn a_work_that_was_removed_and_comes_back_is_found() {
    is_found(Mutant::ForgottenUid, Scenario::Move, 80, "I21 positive instruction");
}

#[test]
fn soak_from_an_old_transition_is_found() {
    is_found(Mutant::OldSoak, Scenario::Release, 60, "soak");
}
