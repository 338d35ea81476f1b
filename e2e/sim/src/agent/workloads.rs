//! The loop over the application: what the shipped plan says becomes writes, in the order of the shipped shell.

use std::collections::VecDeque;
use std::sync::Arc;

use member_agent_core::cafe_deployment::PodSetType;
use member_agent_core::cafe_deployment::{Confirmed, Deployment, RecordWrite, Seen, SetWrite, plan};
use member_agent_core::in_place_set::PodUpgradePolicy;
use model::Timestamp;
use model::groups::UpgradeType;

use super::{AgentWrite, base};
use crate::member::{Cafe, Member, RecordObject, SetObject};

type Pass = (VecDeque<AgentWrite>, Option<Timestamp>);

/// One pass; also says when to look again.
pub(super) fn pass(cache: &Member, now: Timestamp, old_soak: bool) -> Pass {
    let Some(cafe) = cache.cafe.as_ref().filter(|cafe| !cafe.is_deleting) else { return Pass::default() };
    let deployment = deployment(cafe);
    let seen = Seen {
        status: cafe.status.clone(),
        sets: cache.sets.iter().map(|(name, set)| set.seen(name)).collect(),
        pods: cache
            .pods
            .values()
            .map(|pod| pod.view(old_soak))
            .filter(|pod| cache.sets.contains_key(&pod.set))
            .collect(),
        records: cache.records.iter().map(|(name, record)| record.seen(name)).collect(),
        current_template: None,
    };
    let plan = plan(&deployment, &seen, now);
    let mut program = VecDeque::new();
    for write in plan.records {
        program.push_back(match write {
            RecordWrite::Create { revision, number } => AgentWrite::KeepRevision {
                name: format!("shop-{revision}"),
                record: RecordObject { revision, number, template: deployment.template.clone() },
            },
            RecordWrite::Renumber { name, number } => AgentWrite::Renumber { name, number },
            RecordWrite::Delete { name } => AgentWrite::DropRevision { name },
        });
    }
    if plan.status != cafe.status {
        program.push_back(AgentWrite::Status { seen: cafe.version, status: Box::new(plan.status.clone()) });
    }
    for write in &plan.sets {
        let set = set(write, &deployment, &plan.status.current_revision, cache, now);
        if cache.sets.get(&write.name).is_none_or(|held| !is_same(held, &set)) {
            program.push_back(AgentWrite::Set { name: write.name.clone(), set: Box::new(set) });
        }
    }
    if plan.paused {
        for (name, held) in cache.sets.iter().filter(|(_, held)| !held.is_paused) {
            let set = SetObject { is_paused: true, ..held.clone() };
            program.push_back(AgentWrite::Set { name: name.clone(), set: Box::new(set) });
        }
    }
    for name in plan.remove_sets {
        let version = cache.sets.get(&name).map_or(0, |set| set.version);
        program.push_back(AgentWrite::RemoveSet { name, version });
    }
    (program, plan.wake_at)
}

fn set(
    write: &SetWrite,
    deployment: &Deployment,
    current: &str,
    cache: &Member,
    now: Timestamp,
) -> SetObject {
    let held = cache.sets.get(&write.name);
    let template = held.filter(|held| held.revision == write.revision).map(|held| held.template.clone());
    SetObject {
        uid: 0,
        version: 0,
        cell: write.cell.clone(),
        replicas: write.replicas,
        updated_target: write.updated_target,
        revision: write.revision.clone(),
        current_revision: if current == write.revision { String::new() } else { current.to_owned() },
        group: write.group,
        is_paused: false,
        template: template.unwrap_or_else(|| deployment.template.clone()),
        created: held.map_or(now, |held| held.created),
    }
}

/// Whether the server would change nothing.
fn is_same(held: &SetObject, wanted: &SetObject) -> bool {
    let wanted = SetObject { uid: held.uid, version: held.version, ..wanted.clone() };
    *held == wanted
}

/// The spec as the shell renders it in a member: every group waits for the hub's word.
pub(crate) fn deployment(cafe: &Cafe) -> Deployment {
    let strategy = &cafe.manifest["strategy"];
    let number = |name: &str| strategy[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let base = base(cafe);
    let group = i32::try_from(cafe.open_group).unwrap_or(i32::MAX) - 1 + base;
    Deployment {
        name: "shop".to_owned(),
        generation: cafe.generation,
        replicas: cafe.cells.values().sum(),
        match_labels: [("app".to_owned(), "shop".to_owned())].into(),
        template: Arc::new(cafe.manifest["template"].clone()),
        overrides: Vec::new(),
        pod_set_type: PodSetType::InPlaceSet,
        upgrade_type: if base == 1 { UpgradeType::Batch } else { UpgradeType::Beta },
        batch_size: number("batchSize"),
        need_confirm: true,
        confirm_scaling: false,
        min_ready_seconds: number("minReadySeconds").unwrap_or(0),
        pause: cafe.paused,
        policy: PodUpgradePolicy::InPlaceIfPossible,
        confirmed: (group >= 0).then_some(Confirmed { release_seq: cafe.seq, group }),
        cells: Some(cafe.cells.keys().cloned().collect()),
        pins: Default::default(),
        assigned: cafe.cells.clone(),
        reschedule_after_seconds: None,
        history_limit: 4,
        progress_deadline_seconds: 600,
        hub_release_seq: Some(cafe.seq),
        has_hub_owner: true,
        upgrade_confirmed: None,
        rollback_to: None,
    }
}
