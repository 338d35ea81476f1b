//! The sets as they should be: replicas and targets of every cell, and cells that are left behind.

use model::Timestamp;

use super::count::{CellCount, available_total};
use super::groups::{self, Course};
use super::names;
use super::snapshot::{Deployment, Kind, Phase, PodSetType, Seen, SetSeen, SetWrite};
use crate::replica_set::{Held, Wanted, split};

/// Sets as they should be, and the names of those that can go.
pub(super) fn targets(
    deployment: &Deployment,
    seen: &Seen,
    course: &Course,
    revision: &str,
    cells: &[CellCount],
    now: Timestamp,
) -> (Vec<SetWrite>, Vec<String>) {
    let mut budget = available_total(deployment, seen, now).saturating_sub(deployment.replicas);
    let mut writes = Vec::new();
    for cell in cells {
        let wanted = cell_target(deployment, seen, course, cell, &mut budget);
        match deployment.pod_set_type {
            PodSetType::InPlaceSet => writes.push(in_place(deployment, course, revision, cell, wanted)),
            PodSetType::ReplicaSet => {
                replica_sets(deployment, seen, course, revision, cell, wanted, &mut writes)
            }
        }
    }
    let mut removals = Vec::new();
    for set in &seen.sets {
        let is_listed = cells.iter().any(|cell| cell.entitled.cell == set.cell);
        let pods = seen.pods.iter().filter(|pod| pod.set == set.name);
        if is_listed && (set.set_type == PodSetType::InPlaceSet || set.revision == revision) {
            continue;
        }
        let is_over = !is_listed || (course.release.phase == Phase::Succeeded);
        if is_over && set.replicas == 0 && pods.clone().count() == 0 {
            removals.push(set.name.clone());
        } else if !is_listed {
            let available = pods.filter(|pod| pod.is_available(deployment.min_ready_seconds, now)).count();
            let replicas = shrink(set.replicas, 0, u32::try_from(available).unwrap_or(u32::MAX), &mut budget);
            writes.push(left_behind(course, set, replicas));
        }
    }
    (writes, removals)
}

/// Replicas and target of one cell.
fn cell_target(
    deployment: &Deployment,
    seen: &Seen,
    course: &Course,
    cell: &CellCount,
    budget: &mut u32,
) -> Wanted {
    let opened = groups::opened(deployment, &course.release, cell);
    let desired_before =
        seen.status.cells.iter().find(|before| before.name == cell.entitled.cell).map_or(0, |c| c.desired);
    let present: u32 =
        seen.sets.iter().filter(|set| set.cell == cell.entitled.cell).map(|set| set.replicas).sum();
    let present = match deployment.pod_set_type {
        PodSetType::InPlaceSet => present,
        // A surge is no replica of its own.
        PodSetType::ReplicaSet => present.min(desired_before.max(cell.entitled.desired)),
    };
    let hold = cell.entitled.hold;
    let wanted = match course.release.kind {
        // Capacity does not wait for a release: what is asked for is there at once, on the revision that runs.
        Kind::Update | Kind::Cancel => hold,
        Kind::Rollout | Kind::Scale if opened == cell.entitled.desired => hold,
        Kind::Rollout | Kind::Scale => opened.max(present.min(hold)),
    };
    let replicas = shrink(present, wanted, cell.available, budget);
    // Pods that are kept only until others can do without them are not of any group.
    let updated_target = match course.release.phase {
        Phase::Succeeded => replicas,
        _ if opened == cell.entitled.desired => hold.min(replicas),
        _ => opened,
    };
    Wanted { replicas, updated_target }
}

/// Fewer replicas only as far as enough pods are available elsewhere: those that are not available may always go, of
/// the others as many as the budget has.
fn shrink(present: u32, wanted: u32, available: u32, budget: &mut u32) -> u32 {
    if wanted >= present {
        return wanted;
    }
    let surplus = present - wanted;
    let free = present.saturating_sub(available).min(surplus);
    let paid = (surplus - free).min(*budget);
    *budget -= paid;
    present - free - paid
}

fn in_place(
    deployment: &Deployment,
    course: &Course,
    revision: &str,
    cell: &CellCount,
    wanted: Wanted,
) -> SetWrite {
    SetWrite {
        name: names::set_name(&deployment.name, affinity(deployment, &cell.entitled.cell)),
        set_type: PodSetType::InPlaceSet,
        cell: cell.entitled.cell.clone(),
        revision: revision.to_owned(),
        replicas: wanted.replicas,
        updated_target: wanted.updated_target.min(wanted.replicas),
        group: course.release.group,
    }
}

/// The cell as part of a name; an application without cells has none, whatever its only set is called.
fn affinity<'a>(deployment: &Deployment, cell: &'a str) -> Option<&'a str> {
    deployment.cells.as_ref().map(|_| cell)
}

fn left_behind(course: &Course, set: &SetSeen, replicas: u32) -> SetWrite {
    SetWrite {
        name: set.name.clone(),
        set_type: set.set_type,
        cell: set.cell.clone(),
        revision: set.revision.clone(),
        replicas,
        updated_target: 0,
        group: course.release.group,
    }
}

fn replica_sets(
    deployment: &Deployment,
    seen: &Seen,
    course: &Course,
    revision: &str,
    cell: &CellCount,
    wanted: Wanted,
    writes: &mut Vec<SetWrite>,
) {
    let older: Vec<Held> = seen
        .sets
        .iter()
        .filter(|set| set.cell == cell.entitled.cell && set.revision != revision)
        .map(|set| {
            let pods = seen.pods.iter().filter(|pod| pod.set == set.name && pod.is_alive() && pod.is_ready());
            Held {
                name: set.name.clone(),
                revision: set.revision.clone(),
                replicas: set.replicas,
                available: u32::try_from(pods.count()).unwrap_or(u32::MAX),
                created: set.created,
            }
        })
        .collect();
    let (new, old) = split(wanted, cell.updated_available, &older, &course.current);
    let write = |name: String, revision: &str, replicas: u32| SetWrite {
        name,
        set_type: PodSetType::ReplicaSet,
        cell: cell.entitled.cell.clone(),
        revision: revision.to_owned(),
        replicas,
        updated_target: replicas,
        group: course.release.group,
    };
    let name = names::replica_set_name(&deployment.name, affinity(deployment, &cell.entitled.cell), revision);
    writes.push(write(name, revision, new));
    for (held, replicas) in older.into_iter().zip(old) {
        writes.push(write(held.name, &held.revision, replicas));
    }
}
