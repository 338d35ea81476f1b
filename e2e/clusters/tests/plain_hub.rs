//! The way from a token to pods and back with a plain kube-apiserver as the hub: our controllers need no more than
//! a client.

use e2e_clusters::scenarios;
use e2e_clusters::world::RealWorld;

/// What depends on the hub's API server; members do the same under either.
const HERE: [&str; 5] =
    ["join::", "rights::", "release::in_place", "dependencies::", "deletion::with_policy_delete"];

fn main() -> std::process::ExitCode {
    scenarios::main(&HERE, RealWorld::start_on_plain_hub)
}
