//! `fedctl apply`: server-side apply, object by object; one that fails does not keep the others back.

mod conflict;
mod one;

use std::path::PathBuf;

use crate::discover::Kinds;
use crate::failure::{Failure, one_line};
use crate::manifest;
use crate::screen::note;
use crate::session::Session;

/// Flags of `apply`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file, a folder, or `-` for the standard input; may be given several times.
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    pub filename: Vec<PathBuf>,
    /// Folders with all that is in them.
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Ask the hub what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Take over fields that others manage.
    #[arg(long)]
    pub force_conflicts: bool,
}

/// Runs `apply`.
pub async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let manifests = manifest::read_all(&args.filename, args.recursive)?;
    let hub = session.hub().await?;
    let kinds = Kinds::of(&hub).await?;
    let mut failed: Vec<Failure> = Vec::new();
    let count = manifests.len();
    for found in manifests {
        let wanted = match one::Wanted::new(&kinds, &hub, found, session.global.namespace.as_deref()) {
            Ok(wanted) => wanted,
            Err(failure) => {
                failed.push(failure);
                continue;
            }
        };
        match wanted.apply(&hub, &args).await {
            Ok(done) => {
                done.warnings.iter().for_each(|warning| note(&format!("warning: {warning}")));
                let said = format!("{} {}", wanted.name(), done.said(args.dry_run));
                crate::show::change(
                    &mut session.screen,
                    session.output,
                    &wanted.name(),
                    &said,
                    &done.object,
                )?;
            }
            Err(failure) => failed.push(failure),
        }
    }
    match failed.len() {
        0 => Ok(()),
        1 => Err(failed.remove(0)),
        many => {
            failed.iter().for_each(|failure| note(&format!("error: {}", one_line(&failure.to_string()))));
            Err(Failure::Refused(format!("{many} of {count} objects were not applied")))
        }
    }
}
