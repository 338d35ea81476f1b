//! A seed replays exactly, and a failing one says how.

use e2e_sim::{Mutant, Scenario, run};

#[test]
fn a_seed_gives_the_same_trace_twice() {
    for scenario in Scenario::ALL {
        for seed in [3, 11] {
            let (first, second) = (run(seed, scenario, None), run(seed, scenario, None));
            assert!(first.trace.len() > 20, "something happens in {scenario}");
            assert_eq!(first.trace, second.trace, "seed {seed} of {scenario}");
        }
    }
    assert_ne!(run(3, Scenario::Release, None).trace, run(4, Scenario::Release, None).trace);
}

#[test]
fn a_failing_seed_prints_the_command_that_replays_it() {
    let outcome = run(0, Scenario::Scale, Some(Mutant::UnknownMeansEmpty));
    let failure = outcome.failure().expect("this bug is found by this seed");
    let command = "cargo run -p e2e-sim -- --seed 0 --scenario scale --mutant unknown-means-empty";
    assert!(failure.ends_with(command), "{failure}");
}

#[test]
fn names_on_the_command_line_are_read_back() {
    for mutant in Mutant::ALL {
        assert_eq!(mutant.name().parse(), Ok(mutant));
    }
    for scenario in Scenario::ALL {
        assert_eq!(scenario.name().parse(), Ok(scenario));
    }
    assert!("nothing".parse::<Mutant>().is_err_and(|error| error.to_string().contains("old-soak")));
}
