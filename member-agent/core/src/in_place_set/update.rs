//! Pods that move to the set's revision, and pods on their way.

use model::Timestamp;

use super::{Act, PodUpgradePolicy, Set, SetPlan, Why, remove};
use crate::pod::PodView;
use crate::pod_life::{self, Move, Step, is_moving};
use crate::template::{Change, classify};

/// Picks the pods that are due, and gives every pod its next step.
pub(super) fn moves(set: &Set, alive: &mut Vec<&PodView>, plan: &mut SetPlan, now: Timestamp) {
    // Those already chosen first, so that the choice is stable; then those that serve nobody anyway.
    alive.sort_by_key(|pod| (!is_moving(pod), pod.is_ready(), pod.created, pod.name.clone()));
    let is_new = |pod: &PodView| pod.revision == set.identity.revision;
    let updated = alive.iter().filter(|pod| is_new(pod)).count();
    // A pod that is missing will be made on the new revision: one that was deleted to be made anew, and not yet made,
    // must not cost a second one.
    let missing = (set.replicas as usize).saturating_sub(alive.len());
    let mut due = match set.paused {
        true => 0,
        false => (set.updated_target as usize).saturating_sub(updated + missing),
    };
    let mut recreated = Vec::new();
    for (place, pod) in alive.iter().enumerate() {
        let picked = !is_new(pod) && due > 0;
        due -= usize::from(picked);
        let wanted = if picked { target(set, pod, plan) } else { Target::Stay };
        let step = match wanted {
            Target::Recreate => {
                plan.acts.push(remove::delete(pod, Why::Recreate));
                recreated.push(place);
                continue;
            }
            Target::Move(wanted) => pod_life::step(pod, Some(&wanted), &[], now),
            Target::Stay => pod_life::step(pod, None, &[], now),
        };
        if !matches!(step, Step::Serve | Step::Wait(_)) {
            plan.acts.push(Act::Step { name: pod.name.clone(), step });
        }
    }
    for place in recreated.into_iter().rev() {
        alive.remove(place);
    }
}

enum Target {
    Stay,
    Move(Box<Move>),
    Recreate,
}

/// How a pod gets to the set's revision.
fn target(set: &Set, pod: &PodView, plan: &mut SetPlan) -> Target {
    if set.policy == PodUpgradePolicy::Recreate {
        return Target::Recreate;
    }
    let to = &set.identity.revision;
    let change = match (set.templates.get(&pod.revision), set.templates.get(to)) {
        (Some(from), Some(to)) => classify(from, to),
        _ if set.lost.contains(&pod.revision) => Change::Recreate {
            field: format!("template (revision {} is not recorded any more)", pod.revision),
        },
        _ => {
            plan.missing_templates.insert(pod.revision.clone());
            return Target::Stay;
        }
    };
    match change {
        Change::InPlace { images, labels, mut annotations } => {
            if let Some(traceparent) = &set.identity.traceparent {
                annotations.insert(crate::annotation::TRACEPARENT.to_owned(), Some(traceparent.clone()));
            }
            let (revision, group) = (to.clone(), set.identity.group);
            Target::Move(Box::new(Move { revision, group, images, labels, annotations }))
        }
        Change::Recreate { field } if set.policy == PodUpgradePolicy::InPlaceOnly => {
            plan.refused = Some(field);
            Target::Stay
        }
        Change::Recreate { .. } => Target::Recreate,
    }
}
