//! The loop over Works: makes the member hold what the Work on disk says, and reports what came of it.

use std::collections::{BTreeMap, VecDeque};

use federation_core::work::{DeletionPolicy, ObjectName};

use super::{Agent, AgentWrite, Record, base, finished};
use crate::hub::{Summary, Work, WorkStatus};
use crate::member::{Cafe, Member};

/// What is to be done now.
pub(super) fn pass(agent: &Agent, cache: &Member) -> VecDeque<AgentWrite> {
    let Some(record) = &agent.disk.record else { return VecDeque::new() };
    let work = &record.work;
    let mut program = VecDeque::new();
    let generation = work.generation;
    let mut status = WorkStatus { observed_generation: generation, ..WorkStatus::default() };
    if record.is_finished {
        status.is_finished = true;
    } else if agent.is_suspended {
        status.observed_generation =
            agent.wanted.as_ref().map_or(0, |(_, status)| status.observed_generation);
    } else if work.is_deleting {
        delete(work, cache, &mut program);
        status.observed_generation = 0;
    } else {
        apply(agent, record, cache, &mut program);
        status.is_applied = program.is_empty() && agent.disk.templates.contains_key(&work.spec.template);
        if !status.is_applied {
            status.observed_generation =
                agent.wanted.as_ref().map_or(0, |(_, status)| status.observed_generation);
        }
    }
    status.summary = cache.cafe.as_ref().filter(|cafe| cafe.work_uid == work.uid).map(summary);
    if agent.wanted.as_ref().is_none_or(|(uid, before)| *uid != work.uid || *before != status) {
        program.push_back(AgentWrite::Report { work_uid: work.uid, status: Box::new(status) });
    }
    program
}

/// Objects first that go along, then the application, then what must go.
fn apply(agent: &Agent, record: &Record, cache: &Member, program: &mut VecDeque<AgentWrite>) {
    let work = &record.work;
    let Some(manifest) = agent.disk.templates.get(&work.spec.template) else { return };
    for object in work.spec.contents.iter().filter(|object| object.kind == "ConfigMap") {
        if cache.configs.get(&object.name).is_none_or(|held| held.work_uid != work.uid) {
            program.push_back(AgentWrite::ApplyConfig { name: object.name.clone(), work_uid: work.uid });
        }
    }
    let cells: BTreeMap<String, u32> = work
        .spec
        .cells
        .iter()
        .map(|(cell, share)| (cell.default_label().as_str().to_owned(), *share))
        .collect();
    let held = cache.cafe.as_ref();
    let is_same = held.is_some_and(|cafe| {
        cafe.work_uid == work.uid
            && cafe.cells == cells
            && cafe.manifest == *manifest
            && i64::try_from(work.spec.seq) == Ok(cafe.seq)
            && cafe.open_group == work.spec.open_group
            && cafe.paused == work.spec.paused
    });
    if !is_same {
        program.push_back(AgentWrite::ApplyCafe(Box::new(Cafe {
            uid: 0,
            version: 0,
            generation: 0,
            work_uid: work.uid,
            work_generation: work.generation,
            manifest: manifest.clone(),
            cells,
            seq: i64::try_from(work.spec.seq).unwrap_or(i64::MAX),
            open_group: work.spec.open_group,
            paused: work.spec.paused,
            is_deleting: false,
            status: Default::default(),
        })));
    }
    for object in &work.spec.prune {
        remove(object, work, cache, program);
    }
}

/// By its policy the objects go, or are left to themselves.
fn delete(work: &Work, cache: &Member, program: &mut VecDeque<AgentWrite>) {
    if work.spec.policy == DeletionPolicy::Delete {
        for object in work.spec.contents.iter().chain(&work.spec.prune) {
            remove(object, work, cache, program);
        }
    }
    let is_there = |object: &ObjectName| owner(cache, object) == Some(work.uid);
    let is_left = work.spec.contents.iter().chain(&work.spec.prune).any(is_there);
    if program.is_empty() && (work.spec.policy == DeletionPolicy::Orphan || !is_left) {
        program.push_back(AgentWrite::Finish { work_uid: work.uid });
    }
}

fn remove(object: &ObjectName, work: &Work, cache: &Member, program: &mut VecDeque<AgentWrite>) {
    let is_leaving =
        object.kind == "CafeDeployment" && cache.cafe.as_ref().is_some_and(|cafe| cafe.is_deleting);
    if owner(cache, object) == Some(work.uid) && !is_leaving {
        program.push_back(AgentWrite::Delete { object: object.clone(), work_uid: work.uid });
    }
}

/// Uid of the Work that an object of the member belongs to.
pub(crate) fn owner(member: &Member, object: &ObjectName) -> Option<u64> {
    match object.kind.as_str() {
        "ConfigMap" => member.configs.get(&object.name).map(|config| config.work_uid),
        _ => member.cafe.as_ref().map(|cafe| cafe.work_uid),
    }
}

/// A workload as far as the hub decides on it.
fn summary(cafe: &Cafe) -> Summary {
    let status = &cafe.status;
    let release = status.release.clone().unwrap_or_default();
    let (groups, finished, group) = finished(&release, base(cafe));
    Summary {
        is_current: status.observed_generation >= cafe.generation && status.release.is_some(),
        seq: u64::try_from(status.release_seq).unwrap_or(0),
        groups,
        finished,
        group,
        updated: status.updated,
        available: status.available,
        total: cafe.cells.values().sum(),
        problems: status
            .problems
            .iter()
            .map(|problem| format!("{} {}", problem.pod, problem.reason))
            .collect(),
    }
}
