//! `fedctl unit`: units, cells, and the rules in force.

mod commit;
mod list;
mod map;
mod route;
mod validate;
mod world;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

pub use world::{Inconsistent, World, is_as_committed};

/// Verbs on units.
#[derive(Debug, Subcommand)]
pub enum Unit {
    /// List the units: what is at home there, and what they serve now.
    List(list::Args),
    /// Draw cities, sites, clusters and cells with users, weights and writers.
    Map(map::Args),
    /// Say who serves a user, and by which rule.
    Route(route::Args),
    /// Check the home map.
    Validate,
    /// Put the home map into force as the first epoch.
    Commit(commit::Args),
}

/// Runs a verb.
pub async fn run(session: &mut Session, verb: Unit) -> Result<(), Failure> {
    match verb {
        Unit::List(args) => list::run(session, args).await,
        Unit::Map(args) => map::run(session, args).await,
        Unit::Route(args) => route::run(session, args).await,
        Unit::Validate => validate::run(session).await,
        Unit::Commit(args) => commit::run(session, args).await,
    }
}
