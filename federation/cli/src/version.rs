//! `fedctl version`: of this program and of the hub.

use k8s_openapi::apimachinery::pkg::version::Info;
use serde_json::json;

use crate::failure::{Attempt, Failure};
use crate::session::Session;
use crate::show;

/// Version of this program.
pub const CLIENT: &str = env!("CARGO_PKG_VERSION");

/// Flags of `version`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do not ask the hub.
    #[arg(long)]
    pub client: bool,
}

/// Runs `version`.
pub async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub: Option<Info> = match args.client {
        true => None,
        false => Some(
            session
                .hub()
                .await?
                .client
                .apiserver_version()
                .await
                .attempt(|| "ask the hub for its version".into())?,
        ),
    };
    if session.is_for_people() {
        session.screen.line(format!("fedctl {CLIENT}"))?;
        if let Some(hub) = &hub {
            session.screen.line(format!("hub    {} ({})", hub.git_version, hub.platform))?;
        }
        return Ok(());
    }
    let facts = json!({"client": {"version": CLIENT}, "hub": hub});
    show::data(&mut session.screen, session.output, &facts)
}
