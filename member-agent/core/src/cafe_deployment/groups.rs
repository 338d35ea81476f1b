//! The groups of a release: cut when it begins, kept in the status, cut anew when the shares change on the way.

use std::collections::BTreeMap;

use model::Timestamp;
use model::groups::{self, CellProgress, GroupPlan, Pace, UpgradeType};
use model::names::CellLabel;

use super::count::CellCount;
use super::invalid::Invalid;
use super::snapshot::{Deployment, Kind, Phase, Release, Seen, Status};

/// A release as it goes on, and what it is bound to.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// The release.
    pub release: Release,
    /// Its number.
    pub seq: i64,
    /// The revision that all pods ran before.
    pub current: String,
}

/// Number of the first group: with beta it is 0.
pub(super) fn first_number(deployment: &Deployment) -> i32 {
    match deployment.upgrade_type {
        UpgradeType::Beta => 0,
        UpgradeType::Batch => 1,
    }
}

/// Begins, continues or replans.
pub(super) fn course(
    deployment: &Deployment,
    seen: &Seen,
    revision: &str,
    cells: &[CellCount],
    now: Timestamp,
) -> Result<Course, Invalid> {
    let before = &seen.status;
    let current = current_revision(seen, revision);
    match &before.release {
        Some(release) if before.updated_revision == revision => {
            let seq = number(deployment, before, false);
            carry_on(deployment, before, release, seq, current, cells, now)
        }
        _ => {
            let kind = match current.as_str() {
                "" => Kind::Rollout,
                current if current == revision => Kind::Cancel,
                _ => Kind::Update,
            };
            let moved = |cell: &CellCount| cell.at_revision.min(cell.entitled.desired);
            let release = begin(deployment, kind, cells, moved, now)?;
            Ok(Course { release, seq: number(deployment, before, true), current })
        }
    }
}

fn carry_on(
    deployment: &Deployment,
    before: &Status,
    release: &Release,
    seq: i64,
    current: String,
    cells: &[CellCount],
    now: Timestamp,
) -> Result<Course, Invalid> {
    if deployment.pause {
        // What changed meanwhile is seen as a change when it goes on.
        return Ok(Course { release: release.clone(), seq: before.release_seq, current });
    }
    let desired_before =
        |cell: &str| before.cells.iter().find(|seen| seen.name == cell).map_or(0, |c| c.desired);
    let is_unchanged = cells.iter().all(|cell| desired_before(&cell.entitled.cell) == cell.entitled.desired);
    // Only a hub gives a new number to the same revision: it is another release, whose groups count from the first.
    let is_another = seq > before.release_seq;
    if is_unchanged && !is_another {
        return Ok(Course { release: release.clone(), seq, current });
    }
    if release.phase == Phase::Succeeded {
        let moved = |cell: &CellCount| desired_before(&cell.entitled.cell).min(cell.entitled.desired);
        if !is_another && cells.iter().all(|cell| moved(cell) == cell.entitled.desired) {
            // Nothing is added: scaling in asks nobody and has no groups.
            return Ok(Course { release: release.clone(), seq, current });
        }
        let scale = begin(deployment, Kind::Scale, cells, moved, now)?;
        // A confirmation of the release before must not count for this: give it a number of its own.
        let own_number = deployment.confirm_scaling && deployment.hub_release_seq.is_none();
        return Ok(Course { release: scale, seq: seq + i64::from(own_number), current });
    }
    if is_another {
        let moved = |cell: &CellCount| cell.at_revision.min(cell.entitled.desired);
        let release = begin(deployment, release.kind, cells, moved, now)?;
        return Ok(Course { release, seq, current });
    }
    let mut release = release.clone();
    let place = place(deployment, &release);
    let opened = |cell: &CellCount| {
        let later: u32 = later_groups(&release, place, &cell.entitled.cell);
        desired_before(&cell.entitled.cell).saturating_sub(later).min(cell.entitled.desired)
    };
    let rest = plan_rest(deployment, cells, opened, place + 1)?;
    release.groups.truncate(place + 1);
    release.groups.extend(to_maps(&rest));
    release.last_group = first_number(deployment) + last_place(&release);
    release.waiting_for_confirm = false;
    Ok(Course { release, seq, current })
}

fn begin(
    deployment: &Deployment,
    kind: Kind,
    cells: &[CellCount],
    moved: impl Fn(&CellCount) -> u32,
    now: Timestamp,
) -> Result<Release, Invalid> {
    let plan = plan_rest(deployment, cells, moved, 0)?;
    let mut release = Release {
        phase: if kind == Kind::Scale { Phase::Scaling } else { Phase::Releasing },
        kind,
        group: first_number(deployment),
        groups: to_maps(&plan),
        last_progress: now,
        ..Release::default()
    };
    release.last_group = first_number(deployment) + last_place(&release);
    Ok(release)
}

fn plan_rest(
    deployment: &Deployment,
    cells: &[CellCount],
    moved: impl Fn(&CellCount) -> u32,
    groups_done: usize,
) -> Result<GroupPlan, Invalid> {
    let mut progress = Vec::with_capacity(cells.len());
    for cell in cells {
        progress.push(CellProgress {
            cell: CellLabel::new(cell.entitled.cell.clone())?,
            total: cell.entitled.desired,
            moved: moved(cell),
        });
    }
    let groups_done = u32::try_from(groups_done).unwrap_or(u32::MAX);
    let pace = Pace::new(deployment.upgrade_type, deployment.batch_size).after(groups_done);
    Ok(groups::plan_update(&progress, pace)?)
}

fn to_maps(plan: &GroupPlan) -> Vec<BTreeMap<String, u32>> {
    let map = |group: &groups::Group| {
        group.steps.iter().map(|step| (step.cell.as_str().to_owned(), step.pods)).collect()
    };
    plan.groups.iter().map(map).collect()
}

fn last_place(release: &Release) -> i32 {
    i32::try_from(release.groups.len().saturating_sub(1)).unwrap_or(i32::MAX)
}

/// Place of the open group in the list of groups.
pub(super) fn place(deployment: &Deployment, release: &Release) -> usize {
    let place = usize::try_from(release.group - first_number(deployment)).unwrap_or(0);
    place.min(release.groups.len().saturating_sub(1))
}

fn later_groups(release: &Release, place: usize, cell: &str) -> u32 {
    release.groups.iter().skip(place + 1).filter_map(|group| group.get(cell)).sum()
}

/// How many pods of a cell the groups up to the open one have told to be at the revision: what it should have, less
/// what later groups bring.
pub(super) fn opened(deployment: &Deployment, release: &Release, cell: &CellCount) -> u32 {
    if release.phase == Phase::Succeeded {
        return cell.entitled.desired;
    }
    let later = later_groups(release, place(deployment, release), &cell.entitled.cell);
    cell.entitled.desired.saturating_sub(later)
}

/// The number of the release: the hub's where there is one, else counted here; never lower than before.
fn number(deployment: &Deployment, before: &Status, is_new: bool) -> i64 {
    match deployment.hub_release_seq {
        Some(number) => number.max(before.release_seq),
        None => before.release_seq + i64::from(is_new),
    }
}

/// The revision that all pods ran. A status that was lost is guessed from the pods, so that an application that runs
/// is not taken for a new one, which would ask nobody.
fn current_revision(seen: &Seen, revision: &str) -> String {
    let before = &seen.status;
    if !before.updated_revision.is_empty() {
        return before.current_revision.clone();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in seen.pods.iter().filter(|pod| pod.is_alive()) {
        *counts.entry(&pod.revision).or_default() += 1;
    }
    let most = counts.iter().max_by_key(|(name, count)| (**count, **name != revision));
    most.map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}
