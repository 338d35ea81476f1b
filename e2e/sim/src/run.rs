//! Runs a seed, and says how to run it again.

use crate::chance::Chance;
use crate::invariants::{Fact, Violation, check};
use crate::mutant::Mutant;
use crate::scenario::Scenario;
use crate::world::World;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The scenario.
    pub scenario: Scenario,
    /// The bug that was put back.
    pub mutant: Option<Mutant>,
    /// The first rule that was broken.
    pub violation: Option<Violation>,
    /// Everything that happened, one line each.
    pub trace: Vec<String>,
    /// Writes of all processes.
    pub writes: u64,
}

impl Outcome {
    /// The command that replays this run.
    #[must_use]
    pub fn replay(&self) -> String {
        let mutant = self.mutant.map(|mutant| format!(" --mutant {mutant}")).unwrap_or_default();
        format!("cargo run -p e2e-sim -- --seed {} --scenario {}{mutant}", self.seed, self.scenario)
    }

    /// The broken rule and the command; `None` when all held.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let Violation { invariant, message } = self.violation.as_ref()?;
        Some(format!("{invariant}: {message}\nreplay: {}", self.replay()))
    }
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, scenario: Scenario, mutant: Option<Mutant>) -> Outcome {
    let world = match scenario {
        Scenario::EveryWrite => return every_write(seed, mutant),
        _ => World::new(seed, scenario, mutant, None).run(),
    };
    outcome(seed, scenario, mutant, world, None)
}

/// Runs without a crash first, then with one after a write that the seed picks.
fn every_write(seed: u64, mutant: Option<Mutant>) -> Outcome {
    let scenario = Scenario::EveryWrite;
    let without = World::new(seed, scenario, mutant, None).run();
    if without.violation().is_some() {
        return outcome(seed, scenario, mutant, without, None);
    }
    let end = without.digest();
    let (_, _, writes) = without.into_parts();
    let write = Chance::new(seed ^ 0x5eed).between(1, writes);
    let with = World::new(seed, scenario, mutant, Some(write)).run();
    let resumed = Fact::Resumed { write, with: with.digest(), without: end };
    outcome(seed, scenario, mutant, with, check(&resumed))
}

fn outcome(
    seed: u64,
    scenario: Scenario,
    mutant: Option<Mutant>,
    world: World,
    also: Option<Violation>,
) -> Outcome {
    let (trace, violation, writes) = world.into_parts();
    Outcome { seed, scenario, mutant, violation: violation.or(also), trace, writes }
}
