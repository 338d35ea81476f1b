//! The status: totals, cells, conditions, and what is waited for, in words and numbers.

use model::Timestamp;
use model::release::{GroupIndex, PodProblem, Reason, ReleaseSeq};

use super::count::CellCount;
use super::groups::{self, Course};
use super::snapshot::{CellStatus, Condition, Deployment, Kind, Phase, Seen, Status, Truth};
use crate::pod::worst;

/// Totals and cells, without release and conditions.
pub(super) fn counted(
    deployment: &Deployment,
    seen: &Seen,
    revision: &str,
    cells: &[CellCount],
    now: Timestamp,
) -> Status {
    let mut next = seen.status.clone();
    next.observed_generation = deployment.generation;
    next.updated_revision = revision.to_owned();
    next.cells = cells.iter().map(cell_status).collect();
    count_totals(&mut next, seen, revision, deployment.min_ready_seconds, now);
    next
}

/// Counts all pods of the application.
pub(super) fn count_totals(
    next: &mut Status,
    seen: &Seen,
    revision: &str,
    min_ready_seconds: u32,
    now: Timestamp,
) {
    (next.replicas, next.updated, next.ready, next.available) = (0, 0, 0, 0);
    for pod in seen.pods.iter().filter(|pod| pod.is_alive()) {
        next.replicas += 1;
        next.updated += u32::from(pod.revision == revision && pod.is_proven());
        next.ready += u32::from(pod.is_ready());
        next.available += u32::from(pod.is_available(min_ready_seconds, now));
    }
    next.problems = worst(seen.pods.iter(), min_ready_seconds, now);
}

fn cell_status(cell: &CellCount) -> CellStatus {
    let entitled = &cell.entitled;
    let shortage = format!("{} of {} available", cell.available, entitled.desired);
    let reason = match (&cell.problem, entitled.note.as_str()) {
        (Some(problem), "") if cell.available < entitled.desired => format!("{shortage}: {problem}"),
        (_, note) if !note.is_empty() => note.to_owned(),
        _ if cell.available < entitled.desired => shortage,
        _ => String::new(),
    };
    CellStatus {
        name: entitled.cell.clone(),
        desired: entitled.desired,
        replicas: cell.alive,
        updated: cell.updated,
        ready: cell.ready,
        available: cell.available,
        reason,
    }
}

/// Adds the release and the conditions.
pub(super) fn finish(
    deployment: &Deployment,
    course: Course,
    cells: &[CellCount],
    next: &mut Status,
    now: Timestamp,
) {
    let reason = reason(deployment, &course, cells, next, now);
    let mut release = course.release;
    release.progress = format!("{}/{}", release.group, release.last_group);
    release.waiting_for = match release.phase {
        Phase::Succeeded => String::new(),
        _ => format!("{}: {reason}", reason.name()),
    };
    let truth = match release.phase {
        Phase::Failed => Truth::False,
        Phase::Paused => Truth::Unknown,
        _ => Truth::True,
    };
    set_condition(
        &mut next.conditions,
        condition("Progressing", truth, reason.name(), reason.to_string(), now),
    );
    let in_flight = match release.phase {
        Phase::Succeeded => 0,
        _ => release
            .groups
            .get(groups::place(deployment, &release))
            .map_or(0, |group| group.values().sum::<u32>()),
    };
    set_condition(&mut next.conditions, available(deployment, next.available, in_flight, now));
    next.conditions
        .retain(|condition| condition.kind != "Invalid" && (deployment.pause || condition.kind != "Paused"));
    if deployment.pause {
        let message = "strategy.pause is true; set it to false to go on".to_owned();
        set_condition(&mut next.conditions, condition("Paused", Truth::True, "Paused", message, now));
    }
    next.release_seq = course.seq;
    next.current_revision = course.current;
    next.release = Some(release);
}

fn available(deployment: &Deployment, available: u32, in_flight: u32, now: Timestamp) -> Condition {
    let needed = deployment.replicas.saturating_sub(in_flight);
    let replicas = deployment.replicas;
    let holds = available >= needed;
    let message = match in_flight {
        0 => format!("{available} of {replicas} pods available"),
        _ => format!("{available} of {replicas} pods available, {in_flight} of them may move"),
    };
    let (truth, reason) = if holds { (Truth::True, "EnoughPods") } else { (Truth::False, "TooFewPods") };
    condition("Available", truth, reason, message, now)
}

/// Why the release is where it is.
fn reason(
    deployment: &Deployment,
    course: &Course,
    cells: &[CellCount],
    next: &Status,
    now: Timestamp,
) -> Reason {
    let release = &course.release;
    let place = groups::place(deployment, release);
    let group = GroupIndex(u32::try_from(place).unwrap_or(u32::MAX));
    let groups_total = u32::try_from(release.groups.len()).unwrap_or(u32::MAX);
    let revision = next.updated_revision.clone();
    let pods: u32 = release.groups.get(place).map_or(0, |group| group.values().sum());
    // Of the open group: what is there beyond the groups before it.
    let missing: u32 = cells
        .iter()
        .map(|cell| groups::opened(deployment, release, cell).saturating_sub(cell.updated_available))
        .sum();
    let ready = pods.saturating_sub(missing);
    match release.phase {
        Phase::WaitingForConfirm => {
            Reason::WaitingForConfirm { group, groups: groups_total, revision, ready, pods }
        }
        Phase::Paused => {
            Reason::Paused { groups_done: group.0 + u32::from(release.group_done), groups: groups_total }
        }
        Phase::Succeeded => Reason::Complete { revision, pods: next.updated },
        Phase::Scaling => Reason::Scaling { present: next.available, desired: deployment.replicas },
        Phase::Releasing if release.kind == Kind::Cancel => Reason::Cancelled {
            release: ReleaseSeq(u64::try_from(course.seq).unwrap_or(0)),
            updated: deployment.replicas.saturating_sub(next.updated),
            pods: deployment.replicas,
        },
        Phase::Releasing => Reason::WaitingForPods { group, groups: groups_total, revision, ready, pods },
        Phase::Failed => Reason::ProgressDeadlineExceeded {
            seconds: now.seconds_since(release.last_progress),
            deadline_seconds: i64::from(deployment.progress_deadline_seconds),
            updated: next.updated,
            pods: deployment.replicas,
            problems: next
                .problems
                .iter()
                .map(|problem| PodProblem { pod: problem.pod.clone(), reason: problem.reason.clone() })
                .collect(),
        },
    }
}

fn condition(kind: &str, truth: Truth, reason: &str, message: String, since: Timestamp) -> Condition {
    Condition { kind: kind.to_owned(), truth, reason: reason.to_owned(), message, since }
}

/// Puts a condition in its place; its time stays when its truth does.
pub(super) fn set_condition(conditions: &mut Vec<Condition>, mut condition: Condition) {
    match conditions.iter_mut().find(|before| before.kind == condition.kind) {
        Some(before) => {
            if before.truth == condition.truth {
                condition.since = before.since;
            }
            *before = condition;
        }
        None => conditions.push(condition),
    }
}
