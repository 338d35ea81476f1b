//! What is shown of an application.

use std::collections::BTreeMap;
use std::sync::Arc;

use crds::convert::selector;
use crds::federation::{
    FederatedCellStatus, FederatedClusterStatus, FederatedDeployment, FederatedDeploymentStatus,
    FederatedReleaseStatus, Problem, ReplicasOwner, RevisionRecord, Work,
};
use federation_core::Reach;
use federation_core::release::Phase;
use federation_core::release::deadline::{Deadline, Progress, Seen, check_deadline};
use federation_core::status::{
    Applied, CellSummary, ClusterSummary, Scheduling, Summary, conditions as core_conditions, summarize,
};
use k8s_openapi::jiff;
use kube::ResourceExt;
use model::release::{Reason, ReleaseSeq};
use model::{CellName, ClusterName, Timestamp};

use super::Refusal;
use super::course::{Cause, Course, int, is_done_word};
use super::revision::Revision;
use super::schedule::Schedule;
use crate::conditions;
use crate::observe::FleetFacts;
use crate::works::cluster_report;

/// What a status is made from.
pub(super) struct Picture<'a> {
    /// The application.
    pub app: &'a FederatedDeployment,
    /// Its revision.
    pub revision: &'a Revision,
    /// Its division.
    pub schedule: &'a Schedule,
    /// Its release.
    pub course: &'a Course,
    /// Its Works.
    pub works: &'a BTreeMap<ClusterName, Arc<Work>>,
    /// Clusters and cells.
    pub fleet: &'a FleetFacts,
    /// The time.
    pub now: jiff::Timestamp,
}

/// The status, and what follows from making it.
pub(super) struct Shown {
    /// The status.
    pub status: FederatedDeploymentStatus,
    /// The numbers.
    pub summary: Summary,
    /// When to look again, if nothing else happens.
    pub look_again: Option<Timestamp>,
}

/// The point in time in the core's words.
pub(super) fn core_time(now: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millisecond())
}

/// Adds up the numbers of an application.
pub(super) fn numbers(picture: &Picture<'_>) -> Summary {
    let seq = picture.course.seq;
    let is_scaling = picture.course.cause == Cause::Scaling;
    let counts = |work: &Work| {
        let workload = work.status.as_ref().and_then(|status| status.workload.as_ref());
        is_scaling || workload.is_some_and(|w| u64::try_from(w.release_seq).ok().map(ReleaseSeq) == Some(seq))
    };
    let mut desired = picture.schedule.by_cell();
    let clusters = picture.schedule.shares.keys().chain(picture.works.keys());
    let reports: BTreeMap<_, _> = clusters
        .map(|cluster| {
            let work = picture.works.get(cluster).map(Arc::as_ref);
            (cluster.clone(), cluster_report(cluster, work, picture.fleet, counts))
        })
        .collect();
    if picture.app.spec.replicas_owner == ReplicasOwner::Member {
        for (cell, (cluster, share)) in &mut desired {
            *share = desired_in_member(picture, cluster, cell).unwrap_or(0);
        }
    }
    summarize(&desired, &reports)
}

fn desired_in_member(picture: &Picture<'_>, cluster: &ClusterName, cell: &CellName) -> Option<u32> {
    let label = picture.fleet.label(cell);
    let workload = picture.works.get(cluster)?.status.as_ref()?.workload.as_ref()?;
    let found = workload.cells.iter().find(|seen| seen.name == label)?;
    u32::try_from(found.desired).ok()
}

/// Makes the status.
pub(super) fn show(picture: &Picture<'_>) -> Shown {
    let Picture { app, course, now, .. } = picture;
    let old = app.status.clone().unwrap_or_default();
    let summary = numbers(picture);
    let (progress, deadline) = deadline(picture, &old, &summary);
    let generation = app.metadata.generation.unwrap_or_default();
    let mut status = FederatedDeploymentStatus {
        observed_generation: generation,
        current_revision: old.current_revision.clone(),
        updated_revision: picture.revision.name.clone(),
        revisions: history(picture, &old),
        release_seq: i64::try_from(course.seq.0).unwrap_or(i64::MAX),
        desired_replicas: int(summary.totals.desired),
        replicas: int(summary.totals.replicas),
        updated_replicas: int(summary.totals.updated),
        ready_replicas: int(summary.totals.ready),
        available_replicas: int(summary.totals.available),
        clusters_ready: clusters_ready(&summary),
        selector: selector(&app.spec.template.spec.selector).map(|s| s.to_string()).unwrap_or_default(),
        cells: summary.cells.iter().map(|cell| cell_status(picture, &old, cell)).collect(),
        clusters: summary.clusters.iter().map(cluster_status).collect(),
        release: Some(release(picture, &old, &summary, progress, &deadline)),
        problems: summary.problems.iter().map(problem).collect(),
        conditions: old.conditions.clone(),
    };
    if course.is_done() {
        status.current_revision = status.updated_revision.clone();
    }
    let scheduling =
        Scheduling { unplaced: picture.schedule.unplaced, reasons: picture.schedule.reasons.clone() };
    let mut plan = course.plan.clone();
    plan.reason = complete(&plan.reason, &summary);
    for condition in core_conditions(&scheduling, &summary, &plan, &deadline, course.is_paused) {
        let words = (&*condition.about.to_string(), condition.status(), condition.why.name());
        conditions::set(&mut status.conditions, words, &condition.why.to_string(), generation, *now);
    }
    let look_again = match deadline {
        Deadline::Running { until } => Some(until),
        _ => None,
    };
    Shown { status, summary, look_again }
}

/// The status of an application that is not acted on: what was known stays, and one condition says why.
pub(super) fn refused(
    app: &FederatedDeployment,
    refusal: &Refusal,
    now: jiff::Timestamp,
) -> FederatedDeploymentStatus {
    let mut status = app.status.clone().unwrap_or_default();
    let generation = app.metadata.generation.unwrap_or_default();
    status.observed_generation = generation;
    let (about, reason, message) = refusal.condition();
    conditions::set(&mut status.conditions, (about, "False", reason), &message, generation, now);
    status
}

/// Pods of the whole application, not of the last group.
fn complete(reason: &Reason, summary: &Summary) -> Reason {
    match reason {
        Reason::Complete { revision, .. } => {
            Reason::Complete { revision: revision.clone(), pods: summary.totals.updated }
        }
        other => other.clone(),
    }
}

/// The clock of the progress deadline. It starts again when the release leaves a state in which it waited.
fn deadline(
    picture: &Picture<'_>,
    old: &FederatedDeploymentStatus,
    summary: &Summary,
) -> (Progress, Deadline) {
    let (course, now) = (picture.course, core_time(picture.now));
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    let seq_before = ReleaseSeq(u64::try_from(old.release_seq).unwrap_or(0));
    let before = match &old.release {
        Some(release) if seq_before == course.seq => {
            let was_moving = matches!(release.phase.as_str(), "Pending" | "Releasing" | "Scaling" | "Failed");
            let since = release.progressed_at.parse::<jiff::Timestamp>().map(core_time).ok();
            Progress {
                seq: seq_before,
                updated: count(release.most_updated),
                available: count(release.most_available),
                since: since.filter(|_| was_moving).unwrap_or(now),
            }
        }
        _ => Progress::begin(course.seq, now),
    };
    let totals = summary.totals;
    let updated = totals.updated;
    let seen =
        Seen { seq: course.seq, updated, available: totals.available.min(updated), pods: totals.desired };
    let progress = before.observe(&seen, course.plan.phase, now);
    let problems: Vec<_> = summary.problems.iter().map(|problem| problem.pod.clone()).collect();
    let seconds = u32::try_from(picture.app.spec.progress_deadline_seconds).unwrap_or(600);
    let deadline = check_deadline(&progress, course.plan.phase, seconds, totals.desired, &problems, now);
    (progress, deadline)
}

fn release(
    picture: &Picture<'_>,
    old: &FederatedDeploymentStatus,
    summary: &Summary,
    progress: Progress,
    deadline: &Deadline,
) -> FederatedReleaseStatus {
    let course = picture.course;
    let before = old.release.as_ref().filter(|_| !course.is_new);
    let now = core_time(picture.now).to_string();
    let phase = phase_word(course, deadline);
    // While nothing is awaited that could be late, the clock stands; writing it would be a change for nobody.
    let stands = before.filter(|before| !course.plan.phase.is_moving() && before.phase == phase);
    FederatedReleaseStatus {
        group: course.group(),
        last_group: course.last_group(),
        waiting_for: waiting_for(course, summary, deadline),
        started_at: before.map_or_else(|| now.clone(), |before| before.started_at.clone()),
        progressed_at: stands
            .map_or_else(|| progress.since.to_string(), |before| before.progressed_at.clone()),
        cause: course.cause.to_string(),
        shape: course.shape.clone(),
        most_updated: int(progress.updated),
        most_available: int(progress.available),
        phase,
    }
}

fn phase_word(course: &Course, deadline: &Deadline) -> String {
    let word = match course.plan.phase {
        Phase::Pending | Phase::Releasing if matches!(deadline, Deadline::Exceeded { .. }) => "Failed",
        Phase::Releasing if course.cause == Cause::Scaling => "Scaling",
        Phase::Confirming => "WaitingForConfirm",
        phase => return phase.to_string(),
    };
    word.to_owned()
}

/// What is waited for, with names and numbers; empty when nothing is.
fn waiting_for(course: &Course, summary: &Summary, deadline: &Deadline) -> String {
    let left_out = &course.plan.left_out;
    let mut text = match (course.plan.phase, deadline) {
        (_, Deadline::Exceeded { reason }) => format!("{}: {reason}", reason.name()),
        (Phase::Succeeded, _) => return String::new(),
        (Phase::CatchingUp, _) => return format!("to catch up: {left_out}"),
        _ => format!("{}: {}", course.plan.reason.name(), course.plan.reason),
    };
    if course.plan.phase.is_moving()
        && let Some(cell) = summary.laggard()
    {
        let CellSummary { cell, cluster, desired, counts, .. } = cell;
        text.push_str(&format!(
            "; furthest behind is {cell} in {cluster} with {} of {desired} pods",
            counts.available
        ));
    }
    if !left_out.is_empty() {
        text.push_str(&format!("; not counted: {left_out}"));
    }
    text
}

/// `READY/ALL` clusters.
fn clusters_ready(summary: &Summary) -> String {
    let is_behind = |cluster: &ClusterSummary| {
        summary
            .cells
            .iter()
            .any(|cell| cell.cluster == cluster.cluster && cell.counts.available < cell.desired)
    };
    let is_ready = |cluster: &&ClusterSummary| {
        cluster.reach.counts() && cluster.applied == Applied::Yes && !is_behind(cluster)
    };
    format!("{}/{}", summary.clusters.iter().filter(is_ready).count(), summary.clusters.len())
}

fn cell_status(
    picture: &Picture<'_>,
    old: &FederatedDeploymentStatus,
    cell: &CellSummary,
) -> FederatedCellStatus {
    let counts = &cell.counts;
    let revision = match () {
        () if counts.replicas == 0 => String::new(),
        () if counts.updated >= counts.replicas => picture.revision.name.clone(),
        () if counts.updated == 0 => old.current_revision.clone(),
        () => String::new(),
    };
    // The agent knows more than numbers: which pod, and what is wrong with it.
    let label = picture.fleet.label(&cell.cell);
    let is_heard = picture.fleet.fleet.clusters.get(&cell.cluster).is_some_and(|view| view.reach.counts());
    let workload = picture.works.get(&cell.cluster).and_then(|work| work.status.as_ref()?.workload.as_ref());
    let told = workload.and_then(|workload| workload.cells.iter().find(|seen| seen.name == label));
    let told = told
        .map(|seen| &seen.reason)
        .filter(|reason| is_heard && !reason.is_empty() && !cell.reason.is_empty());
    FederatedCellStatus {
        name: cell.cell.to_string(),
        cluster: cell.cluster.to_string(),
        revision,
        desired: int(cell.desired),
        updated: int(counts.updated),
        ready: int(counts.ready),
        available: int(counts.available),
        reason: told.unwrap_or(&cell.reason).clone(),
    }
}

/// One cluster; what is not heard says Unknown and since when.
pub(crate) fn cluster_status(cluster: &ClusterSummary) -> FederatedClusterStatus {
    let applied = match (cluster.reach, &cluster.applied) {
        (Reach::Unknown { .. }, _) => "Unknown",
        (_, Applied::Yes) => "True",
        _ => "False",
    };
    FederatedClusterStatus {
        name: cluster.cluster.to_string(),
        applied: applied.to_owned(),
        observed_generation: cluster.observed_generation,
        message: cluster.message.clone(),
    }
}

fn problem(problem: &federation_core::status::Problem) -> Problem {
    Problem {
        cluster: problem.cluster.to_string(),
        pod: problem.pod.pod.clone(),
        reason: problem.pod.reason.clone(),
    }
}

/// Revisions that can be rolled back to, newest last. One that comes back moves to the end under its new release.
fn history(picture: &Picture<'_>, old: &FederatedDeploymentStatus) -> Vec<RevisionRecord> {
    let mut revisions = old.revisions.clone();
    let (course, revision) = (picture.course, picture.revision);
    if let Some(last) = revisions.last_mut().filter(|last| last.revision == revision.name) {
        last.template = revision.template.name.clone();
        return revisions;
    }
    revisions.retain(|record| record.revision != revision.name);
    revisions.push(RevisionRecord {
        template: revision.template.name.clone(),
        revision: revision.name.clone(),
        release_seq: i64::try_from(course.seq.0).unwrap_or(i64::MAX),
        at: core_time(picture.now).to_string(),
        cause: picture.app.annotations().get("kubernetes.io/change-cause").cloned().unwrap_or_default(),
    });
    // The current one and the one that runs until this release ends are kept in any case.
    let limit = usize::try_from(picture.app.spec.revision_history_limit).unwrap_or(20).max(1) + 1;
    while revisions.len() > limit {
        let oldest = revisions.iter().position(|record| record.revision != old.current_revision);
        revisions.remove(oldest.unwrap_or(0));
    }
    revisions
}

/// Whether the release has just ended.
pub(super) fn has_ended(old: Option<&FederatedDeploymentStatus>, new: &FederatedDeploymentStatus) -> bool {
    let phase = |status: &FederatedDeploymentStatus| {
        status.release.as_ref().map(|r| r.phase.clone()).unwrap_or_default()
    };
    let was_done = old.is_some_and(|old| is_done_word(&phase(old)) && old.release_seq == new.release_seq);
    is_done_word(&phase(new)) && !was_done
}
