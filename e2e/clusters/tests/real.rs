//! All scenarios on three real clusters, hub and agents as processes.

use e2e_clusters::scenarios;
use e2e_clusters::world::RealWorld;

fn main() -> std::process::ExitCode {
    scenarios::main(&[""], RealWorld::start)
}
