//! `fedctl deploy`: applications and their releases.

mod cancel;
mod confirm;
mod diff;
mod history;
mod list;
mod pause;
mod progress;
mod restart;
mod revisions;
mod rollback;
mod scale;
mod status;
mod target;

use clap::Subcommand;

use crate::failure::Failure;
use crate::plan::Consent;
use crate::session::Session;

/// Verbs on applications.
#[derive(Debug, Subcommand)]
pub enum Deploy {
    /// List the applications and where their releases are.
    List(list::Args),
    /// Show where a release is, cell by cell.
    ///
    /// With --watch it stays until the release has ended: 0 when it went well, 1 when it failed.
    Status(status::Args),
    /// List the revisions that can be rolled back to.
    History(history::Args),
    /// Show what differs between a revision and what is wanted now.
    Diff(diff::Args),
    /// Let the next group of a release start.
    Confirm(confirm::Args),
    /// Open no further group; pods in the middle of an update are finished.
    Pause(Change),
    /// Go on with a paused release.
    Resume(Change),
    /// Release an old revision again.
    Rollback(rollback::Args),
    /// Make all pods anew, group by group.
    Restart(Change),
    /// Change the number of replicas.
    Scale(scale::Args),
    /// Go back to the revision that everything ran before the release that is under way.
    Cancel(Change),
}

/// An application by name.
#[derive(Debug, clap::Args)]
pub struct Name {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// A change of an application.
#[derive(Debug, clap::Args)]
pub struct Change {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Plan and consent.
    #[command(flatten)]
    pub consent: Consent,
}

/// Runs a verb.
pub async fn run(session: &mut Session, verb: Deploy) -> Result<(), Failure> {
    match verb {
        Deploy::List(args) => list::run(session, args).await,
        Deploy::Status(args) => status::run(session, args).await,
        Deploy::History(args) => history::run(session, args).await,
        Deploy::Diff(args) => diff::run(session, args).await,
        Deploy::Confirm(args) => confirm::run(session, args).await,
        Deploy::Pause(args) => pause::pause(session, args).await,
        Deploy::Resume(args) => pause::resume(session, args).await,
        Deploy::Rollback(args) => rollback::run(session, args).await,
        Deploy::Restart(args) => restart::run(session, args).await,
        Deploy::Scale(args) => scale::run(session, args).await,
        Deploy::Cancel(args) => cancel::run(session, args).await,
    }
}
