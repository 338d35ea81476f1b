//! `fedctl cluster`: member clusters.

mod accept;
mod cordon;
mod describe;
mod join;
mod list;
mod remove;
mod state;
mod suspend;
mod uses;

use clap::Subcommand;
use crds::federation::MemberCluster;
use kube::api::{Patch, PatchParams};
use serde_json::Value;

use crate::failure::{Attempt, Failure};
use crate::hub::{Hub, MANAGER};
use crate::plan::Consent;
use crate::session::Session;

pub use join::join_command;
pub use state::{condition, state};

/// Verbs on member clusters.
#[derive(Debug, Subcommand)]
pub enum Cluster {
    /// List the member clusters and how they are.
    List(list::Args),
    /// Show one: its cells with their room, and the applications there.
    Describe(Name),
    /// Make a token and print the command with which a cluster joins.
    Join(join::Args),
    /// Let a cluster in that asked to join.
    Accept(Change),
    /// Keep new replicas away; what runs stays.
    Cordon(Change),
    /// Let replicas in again.
    Uncordon(Change),
    /// Let the agent write no workload; it still reports.
    Suspend(Change),
    /// Let the agent write again.
    Resume(Change),
    /// Remove a member from the federation.
    Remove(remove::Args),
}

/// A member by name.
#[derive(Debug, clap::Args)]
pub struct Name {
    /// The member cluster.
    #[arg(value_name = "CLUSTER")]
    pub cluster: String,
}

/// A change of a member.
#[derive(Debug, clap::Args)]
pub struct Change {
    /// The member cluster.
    #[arg(value_name = "CLUSTER")]
    pub cluster: String,
    /// Plan and consent.
    #[command(flatten)]
    pub consent: Consent,
}

/// Runs a verb.
pub async fn run(session: &mut Session, verb: Cluster) -> Result<(), Failure> {
    match verb {
        Cluster::List(args) => list::run(session, args).await,
        Cluster::Describe(args) => describe::run(session, args).await,
        Cluster::Join(args) => join::run(session, args).await,
        Cluster::Accept(args) => accept::run(session, args).await,
        Cluster::Cordon(args) => cordon::cordon(session, args).await,
        Cluster::Uncordon(args) => cordon::uncordon(session, args).await,
        Cluster::Suspend(args) => suspend::suspend(session, args).await,
        Cluster::Resume(args) => suspend::resume(session, args).await,
        Cluster::Remove(args) => remove::run(session, args).await,
    }
}

/// The member, by its name in either case.
async fn load(hub: &Hub, name: &str) -> Result<MemberCluster, Failure> {
    let name = name.to_ascii_lowercase();
    let found = hub.all::<MemberCluster>().get_opt(&name).await;
    found.attempt(|| format!("get member cluster {name}"))?.ok_or_else(|| {
        Failure::Refused(format!("there is no member cluster {name}: `fedctl cluster list` shows them"))
    })
}

/// Changes it as it was read: a change by somebody else meanwhile is a conflict.
async fn change(
    hub: &Hub,
    member: &MemberCluster,
    attempt: &str,
    mut patch: Value,
) -> Result<MemberCluster, Failure> {
    patch["metadata"]["resourceVersion"] = member.metadata.resource_version.clone().into();
    let name = member.metadata.name.as_deref().unwrap_or_default();
    let parameters = PatchParams { field_manager: Some(MANAGER.into()), ..PatchParams::default() };
    let changed = hub.all::<MemberCluster>().patch(name, &parameters, &Patch::Merge(&patch)).await;
    changed.attempt(|| attempt.to_owned())
}

/// Prints the member after a change.
fn changed(session: &mut Session, member: &MemberCluster, said: &str) -> Result<(), Failure> {
    let name = crate::show::name_of::<MemberCluster>(member.metadata.name.as_deref().unwrap_or_default());
    crate::show::change(&mut session.screen, session.output, &name, said, &crate::show::object(member))
}
