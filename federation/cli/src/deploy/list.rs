//! `fedctl deploy list`.

use std::ops::ControlFlow;

use crds::federation::FederatedDeployment;
use kube::ResourceExt;
use kube::api::{Api, ListParams};
use kube::runtime::watcher;

use super::progress::group;
use crate::args::{AllNamespaces, Watch};
use crate::failure::{Attempt, Failure};
use crate::follow::follow;
use crate::live::Live;
use crate::session::{Session, now};
use crate::show::{self, Shown};
use crate::table::Table;
use crate::time::age_of;

/// Flags of `deploy list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// By labels.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Applications of all namespaces.
    #[command(flatten)]
    pub all: AllNamespaces,
    /// Stay and show changes.
    #[command(flatten)]
    pub watch: Watch,
}

/// Runs `deploy list`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let all = args.all.all_namespaces;
    let api: Api<FederatedDeployment> = if all { Api::all(hub.client.clone()) } else { hub.here() };
    let selector = args.selector.as_deref().unwrap_or_default();
    if args.watch.watch {
        let mut live = Live::default();
        return follow(api, watcher::Config::default().labels(selector), |found| {
            let found: Vec<&FederatedDeployment> = found.values().collect();
            live.table(&mut session.screen, &table(&found, all, now()), &["AGE"])?;
            Ok(ControlFlow::<()>::Continue(()))
        })
        .await;
    }
    let found = api.list(&ListParams::default().labels(selector)).await;
    let found = found.attempt(|| "list applications".into())?;
    let found: Vec<&FederatedDeployment> = found.items.iter().collect();
    let shown = Shown {
        table: table(&found, all, now()),
        when_empty: match all {
            true => "No applications.".into(),
            false => format!("No applications in namespace {}; -A shows all.", hub.namespace),
        },
        objects: found.iter().map(|application| show::object(*application)).collect(),
        names: found
            .iter()
            .map(|application| show::name_of::<FederatedDeployment>(&application.name_any()))
            .collect(),
    };
    show::list(&mut session.screen, session.output, &shown)
}

fn table(applications: &[&FederatedDeployment], all: bool, now: jiff::Timestamp) -> Table {
    let mut header = vec![
        "NAME",
        "RELEASE",
        "PHASE",
        "GROUP",
        "DESIRED",
        "UPDATED",
        "READY",
        "AVAILABLE",
        "CLUSTERS",
        "AGE",
    ];
    if all {
        header.insert(0, "NAMESPACE");
    }
    let mut table = Table::new(header);
    for application in applications {
        let status = application.status.clone().unwrap_or_default();
        let phase = status.release.as_ref().map(|release| release.phase.clone()).unwrap_or_default();
        let mut row = vec![
            application.name_any(),
            status.release_seq.to_string(),
            phase,
            group(application).trim_start_matches("group ").to_owned(),
            status.desired_replicas.to_string(),
            status.updated_replicas.to_string(),
            status.ready_replicas.to_string(),
            status.available_replicas.to_string(),
            status.clusters_ready,
            age_of(application.metadata.creation_timestamp.as_ref(), now),
        ];
        if all {
            row.insert(0, application.namespace().unwrap_or_default());
        }
        table.row(row);
    }
    table
}
