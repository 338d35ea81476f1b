//! The status of a CafeDeployment, to the core and back.

use std::collections::BTreeMap;

use crds::apps::{CafeDeploymentStatus, CellStatus, PodProblem, ReleaseStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use member_agent_core::cafe_deployment as core;
use member_agent_core::pod::Problem;

use super::release_word;
use super::time::{time, timestamp};

/// What the core reads of the last status.
pub(crate) fn to_core(status: &CafeDeploymentStatus) -> core::Status {
    core::Status {
        observed_generation: status.observed_generation,
        current_revision: status.current_revision.clone(),
        updated_revision: status.updated_revision.clone(),
        release_seq: status.release_seq,
        replicas: count(status.replicas),
        updated: count(status.updated_replicas),
        ready: count(status.ready_replicas),
        available: count(status.available_replicas),
        cells: status.cells.iter().map(cell_to_core).collect(),
        release: status.release.as_ref().map(release_to_core),
        problems: status
            .problems
            .iter()
            .map(|problem| Problem { pod: problem.pod.clone(), reason: problem.reason.clone() })
            .collect(),
        conditions: status.conditions.iter().map(condition_to_core).collect(),
    }
}

/// What is written.
pub(crate) fn from_core(status: &core::Status, selector: String) -> CafeDeploymentStatus {
    CafeDeploymentStatus {
        observed_generation: status.observed_generation,
        current_revision: status.current_revision.clone(),
        updated_revision: status.updated_revision.clone(),
        release_seq: status.release_seq,
        replicas: number(status.replicas),
        updated_replicas: number(status.updated),
        ready_replicas: number(status.ready),
        available_replicas: number(status.available),
        selector,
        cells: status.cells.iter().map(cell_from_core).collect(),
        release: status.release.as_ref().map(release_from_core),
        problems: status.problems.iter().map(problem_from_core).collect(),
        conditions: status
            .conditions
            .iter()
            .map(|condition| condition_from_core(condition, status.observed_generation))
            .collect(),
    }
}

/// A problem as the API has it.
pub(super) fn problem_from_core(problem: &Problem) -> PodProblem {
    PodProblem { pod: problem.pod.clone(), reason: problem.reason.clone() }
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A count as the API has it.
pub(super) fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn cell_to_core(cell: &CellStatus) -> core::CellStatus {
    core::CellStatus {
        name: cell.name.clone(),
        desired: count(cell.desired),
        replicas: count(cell.replicas),
        updated: count(cell.updated),
        ready: count(cell.ready),
        available: count(cell.available),
        reason: cell.reason.clone(),
    }
}

fn cell_from_core(cell: &core::CellStatus) -> CellStatus {
    CellStatus {
        name: cell.name.clone(),
        desired: number(cell.desired),
        replicas: number(cell.replicas),
        updated: number(cell.updated),
        ready: number(cell.ready),
        available: number(cell.available),
        reason: cell.reason.clone(),
    }
}

fn release_to_core(release: &ReleaseStatus) -> core::Release {
    let phase = match release.phase.as_str() {
        "WaitingForConfirm" => core::Phase::WaitingForConfirm,
        "Paused" => core::Phase::Paused,
        "Succeeded" => core::Phase::Succeeded,
        "Scaling" => core::Phase::Scaling,
        "Failed" => core::Phase::Failed,
        _ => core::Phase::Releasing,
    };
    let kind = match release.kind.as_str() {
        "Rollout" => core::Kind::Rollout,
        "Cancel" => core::Kind::Cancel,
        "Scale" => core::Kind::Scale,
        _ => core::Kind::Update,
    };
    let group = |group: &BTreeMap<String, i32>| {
        group.iter().map(|(cell, pods)| (cell.clone(), count(*pods))).collect()
    };
    core::Release {
        phase,
        kind,
        group: release.group,
        last_group: release.last_group,
        group_done: release.group_done,
        groups: release.groups.iter().map(group).collect(),
        waiting_for_confirm: release.waiting_for_confirm,
        progress: release.progress.clone(),
        waiting_for: release.waiting_for.clone(),
        last_progress: release.last_progress_time.as_ref().map(timestamp).unwrap_or_default(),
    }
}

fn release_from_core(release: &core::Release) -> ReleaseStatus {
    let kind = match release.kind {
        core::Kind::Rollout => "Rollout",
        core::Kind::Update => "Update",
        core::Kind::Cancel => "Cancel",
        core::Kind::Scale => "Scale",
    };
    let group = |group: &BTreeMap<String, u32>| {
        group.iter().map(|(cell, pods)| (cell.clone(), number(*pods))).collect()
    };
    ReleaseStatus {
        phase: release_word(release.phase).to_owned(),
        kind: kind.to_owned(),
        last_progress_time: Some(time(release.last_progress)),
        group: release.group,
        last_group: release.last_group,
        group_done: release.group_done,
        groups: release.groups.iter().map(group).collect(),
        waiting_for_confirm: release.waiting_for_confirm,
        progress: release.progress.clone(),
        waiting_for: release.waiting_for.clone(),
    }
}

fn condition_to_core(condition: &Condition) -> core::Condition {
    core::Condition {
        kind: condition.type_.clone(),
        truth: match condition.status.as_str() {
            "True" => core::Truth::True,
            "False" => core::Truth::False,
            _ => core::Truth::Unknown,
        },
        reason: condition.reason.clone(),
        message: condition.message.clone(),
        since: timestamp(&condition.last_transition_time),
    }
}

fn condition_from_core(condition: &core::Condition, generation: i64) -> Condition {
    let status = match condition.truth {
        core::Truth::True => "True",
        core::Truth::False => "False",
        core::Truth::Unknown => "Unknown",
    };
    Condition {
        type_: condition.kind.clone(),
        status: status.to_owned(),
        reason: condition.reason.clone(),
        message: condition.message.clone(),
        last_transition_time: time(condition.since),
        observed_generation: Some(generation),
    }
}
