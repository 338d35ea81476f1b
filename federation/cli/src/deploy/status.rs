//! `fedctl deploy status`.

use std::ops::ControlFlow;
use std::time::Duration;

use crds::federation::FederatedDeployment;
use kube::ResourceExt;
use kube::runtime::watcher;

use super::progress::{self, End};
use super::target::{Target, missing, plain_name};
use crate::failure::Failure;
use crate::follow::follow;
use crate::live::Live;
use crate::session::{Session, now};
use crate::table::Table;
use crate::{show, time};

/// Flags of `deploy status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Stay until the release has ended; it can be left and taken up again.
    #[arg(short, long)]
    pub watch: bool,
    /// With --watch: stay so long at most.
    #[arg(long, value_name = "DURATION", requires = "watch", value_parser = time::seconds)]
    pub timeout: Option<i64>,
}

/// Runs `deploy status`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    if !args.watch {
        let target = Target::load(session, &args.name).await?;
        return print(session, &target.application);
    }
    let limit = args.timeout.map(|seconds| Duration::from_secs(seconds.unsigned_abs()));
    let watching = watch(session, &args.name);
    let end = match limit {
        None => watching.await?,
        Some(limit) => tokio::time::timeout(limit, watching).await.map_err(|_| {
            Failure::Refused(format!(
                "the release of {} has not ended within {} s",
                args.name,
                limit.as_secs()
            ))
        })??,
    };
    match end {
        End::Done => Ok(()),
        End::Failed(why) => Err(Failure::Refused(format!(
            "the release of {} failed: {why}; `fedctl deploy rollback {0}` brings the old revision back",
            args.name
        ))),
    }
}

fn print(session: &mut Session, application: &FederatedDeployment) -> Result<(), Failure> {
    match session.output {
        crate::args::Output::Name => {
            Ok(session.screen.line(show::name_of::<FederatedDeployment>(&application.name_any()))?)
        }
        _ if session.is_for_people() => show::lines(&mut session.screen, &picture(application, false, now())),
        output => show::data(&mut session.screen, output, &show::object(application)),
    }
}

async fn watch(session: &mut Session, name: &str) -> Result<End, Failure> {
    let hub = session.hub().await?;
    let name = plain_name(name);
    let only = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let (mut live, mut last) = (Live::default(), String::new());
    let (people, namespace) = (session.is_for_people(), hub.namespace.clone());
    follow(hub.here::<FederatedDeployment>(), only, |found| {
        let application = found.values().next().ok_or_else(|| missing(&name, &namespace))?;
        let line = progress::line(application);
        match (people, session.screen.is_terminal()) {
            (true, true) => live.draw(&mut session.screen, &picture(application, true, now()))?,
            (true, false) if line != last => session.screen.line(&line)?,
            (false, _) if line != last => print(session, application)?,
            _ => {}
        }
        last = line;
        Ok(progress::end(application).map_or(ControlFlow::Continue(()), ControlFlow::Break))
    })
    .await
}

/// The application on a screen.
fn picture(application: &FederatedDeployment, bars: bool, now: jiff::Timestamp) -> Vec<String> {
    let status = application.status.clone().unwrap_or_default();
    let release = status.release.clone().unwrap_or_default();
    let phase = if release.phase.is_empty() { "not seen by the hub yet" } else { &release.phase };
    let since = time::age_of_text(&release.started_at, now);
    let since = if since.is_empty() { since } else { format!(", began {since} ago") };
    let mut lines = vec![
        format!(
            "Application  {} (namespace {})",
            application.name_any(),
            application.namespace().unwrap_or_default()
        ),
        format!("Release      {}: {phase}, {}{since}", status.release_seq, progress::group(application)),
        format!("Revision     {}", revision(&status.current_revision, &status.updated_revision)),
        format!(
            "Replicas     {} desired, {} updated, {} ready, {} available",
            status.desired_replicas,
            status.updated_replicas,
            status.ready_replicas,
            status.available_replicas
        ),
    ];
    if !release.waiting_for.is_empty() {
        lines.push(format!("Waiting for  {}", release.waiting_for));
    }
    if release.phase == "WaitingForConfirm" {
        lines.push(format!("Next         fedctl deploy confirm {}", application.name_any()));
    }
    for condition in
        status.conditions.iter().filter(|condition| is_noteworthy(&condition.type_, &condition.status))
    {
        lines.push(format!(
            "Condition    {}={} {}: {}",
            condition.type_, condition.status, condition.reason, condition.message
        ));
    }
    lines.push(String::new());
    lines.extend(cells(application, bars).lines());
    for cluster in status.clusters.iter().filter(|cluster| cluster.applied != "True") {
        lines.push(format!("Cluster {} applied={}: {}", cluster.name, cluster.applied, cluster.message));
    }
    for problem in &status.problems {
        lines.push(format!("Problem {}/{}: {}", problem.cluster, problem.pod, problem.reason));
    }
    lines
}

/// Conditions that are not as one wishes.
fn is_noteworthy(type_: &str, status: &str) -> bool {
    let wished = if type_ == "Paused" { "False" } else { "True" };
    status != wished
}

fn revision(current: &str, updated: &str) -> String {
    match (current, updated) {
        ("", "") => "none yet".into(),
        (current, updated) if current == updated || current.is_empty() => updated.to_owned(),
        (current, updated) => format!("{current} -> {updated}"),
    }
}

fn cells(application: &FederatedDeployment, bars: bool) -> Table {
    let mut header = vec!["CLUSTER", "CELL", "REVISION", "DESIRED", "UPDATED", "READY", "AVAILABLE"];
    header.extend(bars.then_some("PROGRESS"));
    header.push("REASON");
    let mut table = Table::new(header);
    let mut cells = application.status.clone().unwrap_or_default().cells;
    cells.sort_by(|a, b| (&a.cluster, &a.name).cmp(&(&b.cluster, &b.name)));
    for cell in cells {
        let mut row = vec![
            cell.cluster.clone(),
            cell.name.to_ascii_uppercase(),
            cell.revision.clone(),
            cell.desired.to_string(),
            cell.updated.to_string(),
            cell.ready.to_string(),
            cell.available.to_string(),
        ];
        row.extend(bars.then(|| progress::bar(cell.updated, cell.available, cell.desired)));
        row.push(cell.reason);
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::target::tests::application;
    use super::*;

    #[test]
    fn the_picture_shows_cells_and_what_to_do_next() {
        let application = application(json!({
            "observedGeneration": 3, "releaseSeq": 2, "currentRevision": "aaa", "updatedRevision": "bbb",
            "desiredReplicas": 10, "updatedReplicas": 2, "readyReplicas": 10, "availableReplicas": 10,
            "release": {"phase": "WaitingForConfirm", "group": 0, "lastGroup": 3, "waitingFor": "a person",
                "startedAt": "2026-01-01T00:00:00Z"},
            "cells": [
                {"name": "rz00b", "cluster": "hz-b", "revision": "", "desired": 5, "updated": 1, "ready": 5, "available": 5},
                {"name": "rz00a", "cluster": "hz-a", "revision": "", "desired": 5, "updated": 1, "ready": 5,
                    "available": 5, "reason": "1 of 5 updated"}],
            "clusters": [{"name": "hz-b", "applied": "Unknown", "message": "cut off for 20s"}],
            "problems": [{"cluster": "hz-a", "pod": "shop-1", "reason": "ImagePullBackOff"}],
            "conditions": [
                {"type": "Available", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"},
                {"type": "Applied", "status": "Unknown", "reason": "ClusterUnreachable", "message": "hz-b",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        }));
        let now = "2026-01-01T00:01:00Z".parse().unwrap();
        assert_eq!(
            picture(&application, false, now),
            [
                "Application  shop (namespace default)",
                "Release      2: WaitingForConfirm, group 1 of 4, began 60s ago",
                "Revision     aaa -> bbb",
                "Replicas     10 desired, 2 updated, 10 ready, 10 available",
                "Waiting for  a person",
                "Next         fedctl deploy confirm shop",
                "Condition    Applied=Unknown ClusterUnreachable: hz-b",
                "",
                "CLUSTER   CELL    REVISION   DESIRED   UPDATED   READY   AVAILABLE   REASON",
                "hz-a      RZ00A              5         1         5       5           1 of 5 updated",
                "hz-b      RZ00B              5         1         5       5",
                "Cluster hz-b applied=Unknown: cut off for 20s",
                "Problem hz-a/shop-1: ImagePullBackOff",
            ]
        );
        assert!(picture(&application, true, now)[9].contains("[####................]"));
    }
}
