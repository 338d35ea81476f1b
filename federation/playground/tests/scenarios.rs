//! The scenarios of the real clusters, in the playground's world: one process, simulated members, seconds.

#[path = "scenarios/world.rs"]
mod world;

use e2e_clusters::scenarios;

fn main() -> std::process::ExitCode {
    scenarios::main(&[""], world::SimulatedWorld::start)
}
