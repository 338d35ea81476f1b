//! The loop over the sets: what the shipped plan says of each cell's pods becomes writes on pods.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use member_agent_core::in_place_set::{Act, PodUpgradePolicy, Set, SetPlan, plan};
use member_agent_core::pod::PodView;
use member_agent_core::template::Identity;
use model::Timestamp;

use super::AgentWrite;
use crate::member::{Member, SetObject};

/// One pass over all sets; also says when to look again.
pub(super) fn pass(
    cache: &Member,
    now: Timestamp,
    old_soak: bool,
) -> (VecDeque<AgentWrite>, Option<Timestamp>) {
    let min_ready_seconds =
        cache.cafe.as_ref().map_or(0, |cafe| super::workloads::deployment(cafe).min_ready_seconds);
    let (mut program, mut wake) = (VecDeque::new(), None);
    for (name, object) in &cache.sets {
        let pods: Vec<PodView> =
            cache.pods.values().filter(|pod| pod.set == *name).map(|pod| pod.view(old_soak)).collect();
        let plan = decide(name, object, &pods, cache, min_ready_seconds, now);
        wake = [wake, plan.wake_at].into_iter().flatten().min();
        for act in plan.acts {
            let pod = match &act {
                Act::Create { name, .. } | Act::Delete { name, .. } | Act::Step { name, .. } => name,
            };
            let seen = cache.pods.get(pod).map_or(0, |pod| pod.version);
            program.push_back(AgentWrite::Pod { set: name.clone(), seen, act: Box::new(act) });
        }
    }
    (program, wake)
}

fn decide(
    name: &str,
    object: &SetObject,
    pods: &[PodView],
    cache: &Member,
    min_ready_seconds: u32,
    now: Timestamp,
) -> SetPlan {
    let mut templates = BTreeMap::from([(object.revision.clone(), object.template.clone())]);
    let recorded = cache.records.values().map(|record| (record.revision.clone(), record.template.clone()));
    for (revision, template) in recorded {
        templates.entry(revision).or_insert(template);
    }
    let mut set = Set {
        name: name.to_owned(),
        uid: object.uid.to_string(),
        replicas: object.replicas,
        updated_target: object.updated_target,
        identity: Identity {
            application: "shop".to_owned(),
            cell: object.cell.clone(),
            revision: object.revision.clone(),
            group: object.group,
            ..Identity::default()
        },
        current_revision: object.current_revision.clone(),
        paused: object.is_paused,
        min_ready_seconds,
        policy: PodUpgradePolicy::InPlaceIfPossible,
        templates,
        lost: BTreeSet::new(),
    };
    let first = plan(&set, pods, now);
    if first.missing_templates.is_empty() {
        return first;
    }
    set.lost = first.missing_templates;
    plan(&set, pods, now)
}
