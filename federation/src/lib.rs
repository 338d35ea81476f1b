//! The hub program: the API server, its store, and the hub controllers in one process.
//!
//! * [`hub`]: puts a hub together; the playground and tests use it too.
//! * [`controllers`]: the hub controllers against any API server.
//! * [`admission`]: what one object cannot decide alone.
//! * [`args`]: the command line.

pub mod admission;
pub mod args;
pub mod controllers;
pub mod hub;
pub mod run;

/// Makes the home map epoch 1, as `fedctl unit commit` does; says the epoch in force.
///
/// # Errors
/// The map breaks invariants, or the hub does not answer.
pub async fn commit_home_map(client: &kube::Client) -> anyhow::Result<String> {
    use federation_hub_lib::units::{Committed, commit};
    let (Committed::First(rules) | Committed::Same(rules)) =
        commit(client, "federation-hub", "the first home map", false).await?;
    Ok(rules.epoch.to_string())
}
