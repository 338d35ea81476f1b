//! Replays a seed, or looks for one that fails: `--seed N --scenario S [--mutant M] [--seeds COUNT] [--trace]`.

use std::process::ExitCode;

use e2e_sim::{Mutant, Scenario, run};

struct Asked {
    seed: u64,
    seeds: u64,
    scenario: Scenario,
    mutant: Option<Mutant>,
    trace: bool,
}

fn asked(words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { seed: 0, seeds: 1, scenario: Scenario::Release, mutant: None, trace: false };
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|e| format!("{word} {text}: {e}"));
        match word.as_str() {
            "--seed" => asked.seed = number(value()?)?,
            "--seeds" => asked.seeds = number(value()?)?,
            "--scenario" => asked.scenario = value()?.parse().map_err(|e| format!("{e}"))?,
            "--mutant" => asked.mutant = Some(value()?.parse().map_err(|e| format!("{e}"))?),
            "--trace" => asked.trace = true,
            _ => {
                return Err(format!(
                    "unknown argument {word}: give --seed, --seeds, --scenario, --mutant, --trace"
                ));
            }
        }
    }
    Ok(asked)
}

#[allow(clippy::print_stdout, reason = "this program is for people and scripts at a terminal")]
fn main() -> ExitCode {
    let asked = match asked(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(error) => {
            println!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut failures = 0_u64;
    for seed in asked.seed..asked.seed.saturating_add(asked.seeds) {
        let outcome = run(seed, asked.scenario, asked.mutant);
        if asked.trace {
            println!("{}", outcome.trace.join("\n"));
        }
        if let Some(failure) = outcome.failure() {
            failures += 1;
            println!("seed {seed}: {failure}");
        } else if asked.seeds == 1 {
            println!("seed {seed}: all invariants hold after {} writes", outcome.writes);
        }
    }
    if asked.seeds > 1 {
        println!("{failures} of {} seeds of {} fail", asked.seeds, asked.scenario);
    }
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
