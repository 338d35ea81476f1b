//! Runs scenarios one after the other on one world, and says how each ended.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::{Scenario, all, ground};
use crate::world::World;

/// The main function of a test program without libtest: `[WORD…]` plays only scenarios that contain one of the
/// words, `--list` lists them. `here` are beginnings of the names that this program plays at all.
pub fn main<W: World + 'static>(here: &[&str], start: impl AsyncFnOnce() -> Result<W>) -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut chosen = choose(&words);
    chosen.retain(|scenario| here.iter().any(|beginning| scenario.name.starts_with(beginning)));
    if words.iter().any(|word| word == "--list") {
        say(&chosen.iter().map(|scenario| format!("{}: test\n", scenario.name)).collect::<String>());
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(anyhow::Error::new).and_then(|runtime| {
        let played = runtime.block_on(async {
            let world = Box::new(start().await?);
            play(world, &chosen).await
        });
        runtime.shutdown_background();
        played
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("\n{error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

fn choose(words: &[String]) -> Vec<Scenario> {
    let words: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let is_chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    all().into_iter().filter(|scenario| is_chosen(scenario.name)).collect()
}

/// Plays `scenarios` in a world without members. A failure does not keep the next ones from running; all are in
/// the error at the end.
pub async fn play(mut world: Box<dyn World>, scenarios: &[Scenario]) -> Result<()> {
    ensure!(!scenarios.is_empty(), "no scenario has such a name; --list lists them");
    let started = Instant::now();
    ground::prepare(&*world).await?;
    let mut failures = Vec::new();
    for scenario in scenarios {
        if scenario.restarts_members && !world.members_restart() {
            continue;
        }
        let begun = Instant::now();
        let outcome = play_one(&mut *world, scenario).await;
        let took = begun.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => say(&format!("{} … ok ({took:.1} s)\n", scenario.name)),
            Err(error) => {
                say(&format!("{} … FAILED ({took:.1} s)\n    {error:#}\n", scenario.name));
                failures.push(scenario.name);
            }
        }
    }
    let (count, logs) = (scenarios.len(), world.logs());
    world.end(failures.is_empty()).await?;
    say(&format!("{count} scenarios in {:.0} s\n", started.elapsed().as_secs_f64()));
    ensure!(
        failures.is_empty(),
        "{} of {count} failed: {}; logs: {logs}",
        failures.len(),
        failures.join(", ")
    );
    Ok(())
}

async fn play_one(world: &mut dyn World, scenario: &Scenario) -> Result<()> {
    // The first scenario of all is how members join.
    if !scenario.name.starts_with("join::with") {
        ground::heal(world).await?;
    }
    (scenario.run)(world).await
}

#[expect(clippy::print_stdout, reason = "the output of a test program")]
fn say(text: &str) {
    use std::io::Write;
    print!("{text}");
    let _ = std::io::stdout().flush();
}
