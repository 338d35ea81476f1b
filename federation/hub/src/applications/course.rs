//! Where the release is: which one, how far, what may run, what is waited for.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crds::apps::UpgradeType;
use crds::federation::{Confirmation, FederatedDeployment, FederatedDeploymentStatus, Work};
use federation_core::Reach;
use federation_core::release::sequence::{Cause as CoreCause, Current, Next, next_release};
use federation_core::release::{ClusterProgress, Gate, Phase, ReleasePlan, ReleaseState, plan_release};
use model::groups::{CellProgress, GroupPlan, Pace, plan_update};
use model::release::{GroupIndex, Reason, ReleaseSeq};
use model::{CellLabel, CellName, ClusterName};

use super::schedule::Schedule;
use super::words;
use crate::observe::FleetFacts;
use crate::works::is_settled;

/// Why a release was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There was none before.
    FirstRollout,
    /// The template, an override, or what is carried with it, changed.
    TemplateChange,
    /// Back to what ran before, in the middle of a release: group by group, without asking (02 §3.6).
    GoingBack,
    /// Only the number of replicas, or how they are divided, changed.
    Scaling,
}

impl Cause {
    /// Whether a person's word is needed between groups.
    pub(super) const fn asks(self, need_waiting_for_confirm: bool, confirm_scaling: bool) -> bool {
        let core = match self {
            Self::GoingBack => return false,
            Self::FirstRollout => CoreCause::FirstRollout,
            Self::TemplateChange => CoreCause::TemplateChange,
            Self::Scaling => CoreCause::Scaling,
        };
        core.needs_confirmation(need_waiting_for_confirm, confirm_scaling)
    }

    /// Whether pods change, so that groups go in step across clusters even where nobody is asked.
    const fn changes_pods(self) -> bool {
        matches!(self, Self::TemplateChange | Self::GoingBack)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl FromStr for Cause {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "FirstRollout" => Ok(Self::FirstRollout),
            "TemplateChange" => Ok(Self::TemplateChange),
            "GoingBack" => Ok(Self::GoingBack),
            "Scaling" => Ok(Self::Scaling),
            _ => Err(()),
        }
    }
}

/// What a course is set from.
pub(super) struct Chart<'a> {
    /// The application.
    pub app: &'a FederatedDeployment,
    /// Its revision now.
    pub revision: &'a str,
    /// Name of its template now.
    pub template: &'a str,
    /// Its division now.
    pub schedule: &'a Schedule,
    /// Its Works.
    pub works: &'a BTreeMap<ClusterName, Arc<Work>>,
    /// Words of people.
    pub confirmations: &'a [Arc<Confirmation>],
    /// Clusters and cells.
    pub fleet: &'a FleetFacts,
}

/// Where the release is, and what may run.
#[derive(Debug, Clone)]
pub struct Course {
    /// Which release.
    pub seq: ReleaseSeq,
    /// Why it was made.
    pub cause: Cause,
    /// Whether it begins in this pass.
    pub is_new: bool,
    /// Whether people are asked between groups.
    pub asks: bool,
    /// Number of the first group: 0 with `Beta`, 1 with `Batch`.
    pub base: i32,
    /// The division it is planned for.
    pub shape: String,
    /// The core's plan.
    pub plan: ReleasePlan,
    /// `openGroup` of Works.
    pub open_group: i32,
    /// Whether it is paused.
    pub is_paused: bool,
}

impl Course {
    /// Whether every cluster that counts is done.
    pub(super) const fn is_done(&self) -> bool {
        matches!(self.plan.phase, Phase::Succeeded | Phase::CatchingUp)
    }

    /// The open group as the API numbers it.
    pub(super) fn group(&self) -> i32 {
        // Where nothing holds groups back, members were through all of them without the hub.
        if self.open_group == i32::MAX && self.is_done() {
            return self.last_group();
        }
        self.base.saturating_add(int(self.plan.open_group.0)).min(self.last_group())
    }

    /// The last group as the API numbers it.
    pub(super) fn last_group(&self) -> i32 {
        self.base.saturating_add(int(self.plan.groups.max(self.plan.open_group.0 + 1) - 1))
    }
}

pub(super) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Phases as the status shows them, after which nothing of a release is left to do.
pub(super) fn is_done_word(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "CatchingUp")
}

/// Sets the course of the release that is due.
pub(super) fn course(chart: &Chart<'_>) -> Course {
    let spec = &chart.app.spec;
    let strategy = &spec.template.spec.strategy;
    let none = FederatedDeploymentStatus::default();
    let stored = chart.app.status.as_ref().unwrap_or(&none);
    let is_hub_owned = spec.replicas_owner == crds::federation::ReplicasOwner::Hub;
    let shape =
        federation_core::work::template_name(chart.schedule.shape(is_hub_owned).as_bytes())[..12].to_owned();
    let base = match strategy.upgrade_type {
        UpgradeType::Beta => 0,
        UpgradeType::Batch => 1,
    };
    let on_the_books = on_the_books(chart, stored, &shape);
    let (seq, cause, is_new) =
        match next_release(on_the_books.as_ref().map(|(current, _)| current), chart.revision, &shape) {
            Next::Keep => on_the_books
                .as_ref()
                .map_or((ReleaseSeq(1), Cause::FirstRollout, true), |(current, cause)| {
                    (current.seq, *cause, false)
                }),
            Next::Start { seq, cause } => {
                (seq, own_cause(cause, on_the_books.as_ref(), stored, chart.revision), true)
            }
        };
    let asks = cause.asks(strategy.need_waiting_for_confirm, strategy.confirm_scaling);
    let is_paused = spec.rollout.paused || strategy.pause;
    let state = ReleaseState {
        seq,
        revision: chart.revision.to_owned(),
        needs_confirmation: asks,
        open_group: if is_new { GroupIndex(0) } else { opened(chart, stored, seq, base) },
        gate: if is_paused { Gate::Paused } else { Gate::Open },
    };
    let clusters: Vec<ClusterProgress> = chart
        .schedule
        .shares
        .iter()
        .map(|(cluster, cells)| progress(chart, cluster, cells, &state, base, cause))
        .collect();
    let mut plan = plan_release(&state, &clusters, &words::fresh(chart.confirmations, base));
    let was_complete = !is_new && stored.release.as_ref().is_some_and(|release| release.phase == "Succeeded");
    if was_complete && plan.left_out.is_empty() && !matches!(plan.phase, Phase::Succeeded) {
        // A pod that fails after the end does not begin the release anew; `Available` speaks of it.
        plan.phase = Phase::Succeeded;
        plan.open_group = state.open_group;
        plan.wanted = None;
        plan.consumed.clear();
        plan.reason = Reason::Complete { revision: state.revision.clone(), pods: 0 };
    }
    let is_held = asks || cause.changes_pods();
    let open_group = if is_held { base.saturating_add(int(plan.open_group.0)) } else { i32::MAX };
    let shape = if is_new || is_done(&plan) { shape } else { stored_shape(stored, shape) };
    Course { seq, cause, is_new, asks, base, shape, plan, open_group, is_paused }
}

const fn is_done(plan: &ReleasePlan) -> bool {
    matches!(plan.phase, Phase::Succeeded | Phase::CatchingUp)
}

/// In mid-release the shape may change; the release then counts for the newest one when it ends.
fn stored_shape(stored: &FederatedDeploymentStatus, shape: String) -> String {
    match &stored.release {
        Some(release) if !release.shape.is_empty() => release.shape.clone(),
        _ => shape,
    }
}

/// The release that status and Works tell of. Works that outlived a lost status still hold their number: numbers
/// never come back.
fn on_the_books(
    chart: &Chart<'_>,
    stored: &FederatedDeploymentStatus,
    shape: &str,
) -> Option<(Current, Cause)> {
    let in_works = chart.works.values().map(|work| work.spec.release_seq).max().unwrap_or(0);
    let release = stored.release.as_ref().filter(|_| stored.release_seq > 0);
    let Some(release) = release else {
        if in_works == 0 {
            return None;
        }
        let is_same = chart.works.values().all(|work| work.spec.template_ref == chart.template);
        let revision = if is_same { chart.revision.to_owned() } else { String::new() };
        let seq = seq_of(in_works);
        let current = Current {
            seq,
            revision,
            cause: CoreCause::TemplateChange,
            is_done: false,
            shape: shape.to_owned(),
        };
        return Some((current, Cause::TemplateChange));
    };
    let cause = release.cause.parse().unwrap_or(Cause::TemplateChange);
    let current = Current {
        seq: seq_of(stored.release_seq.max(in_works)),
        revision: stored.updated_revision.clone(),
        cause: if cause.changes_pods() { CoreCause::TemplateChange } else { CoreCause::Scaling },
        is_done: is_done_word(&release.phase),
        shape: release.shape.clone(),
    };
    Some((current, cause))
}

fn seq_of(number: i64) -> ReleaseSeq {
    ReleaseSeq(u64::try_from(number).unwrap_or(0))
}

/// A return to what all pods ran, in the middle of a release, is going back.
fn own_cause(
    cause: CoreCause,
    before: Option<&(Current, Cause)>,
    stored: &FederatedDeploymentStatus,
    revision: &str,
) -> Cause {
    let in_the_middle = before.is_some_and(|(current, _)| !current.is_done);
    match cause {
        CoreCause::FirstRollout => Cause::FirstRollout,
        CoreCause::Scaling => Cause::Scaling,
        CoreCause::TemplateChange if in_the_middle && stored.current_revision == revision => Cause::GoingBack,
        // Nothing was ever complete: there is nothing to keep safe from a change.
        CoreCause::TemplateChange
            if in_the_middle && before.is_some_and(|(_, c)| *c == Cause::FirstRollout) =>
        {
            Cause::FirstRollout
        }
        CoreCause::TemplateChange => Cause::TemplateChange,
    }
}

/// The highest group that was opened: as stored, or as Works say when a crash came between the two writes.
fn opened(chart: &Chart<'_>, stored: &FederatedDeploymentStatus, seq: ReleaseSeq, base: i32) -> GroupIndex {
    let same = |work: &&Arc<Work>| seq_of(work.spec.release_seq) == seq && work.spec.open_group != i32::MAX;
    let in_works = chart.works.values().filter(same).map(|work| work.spec.open_group).max();
    let in_status =
        stored.release.as_ref().filter(|_| seq_of(stored.release_seq) == seq).map(|release| release.group);
    let group = in_works.max(in_status).unwrap_or(base).saturating_sub(base);
    GroupIndex(u32::try_from(group).unwrap_or(0))
}

/// How far one cluster is. Numbers that its agent has not brought up to date with the Work leave the group that runs
/// unfinished: they may be of before a change.
fn progress(
    chart: &Chart<'_>,
    cluster: &ClusterName,
    cells: &BTreeMap<CellName, u32>,
    state: &ReleaseState,
    base: i32,
    cause: Cause,
) -> ClusterProgress {
    let reach = chart.fleet.fleet.clusters.get(cluster).map_or(Reach::NotJoined, |view| view.reach);
    let mut progress = ClusterProgress {
        cluster: cluster.clone(),
        reach,
        seq: ReleaseSeq(0),
        groups: 0,
        groups_finished: 0,
        group: GroupIndex(0),
        ready: 0,
        pods: 0,
        updated: 0,
        total: cells.values().sum(),
    };
    let Some(work) = chart.works.get(cluster) else { return progress };
    let Some(workload) = work.status.as_ref().and_then(|status| status.workload.as_ref()) else {
        return progress;
    };
    let place = |group: i32| u32::try_from(group.saturating_sub(base)).unwrap_or(0);
    let is_current = workload.current && is_settled(work) && seq_of(work.spec.release_seq) == state.seq;
    let place_now = place(workload.group);
    progress.seq = seq_of(workload.release_seq);
    progress.groups = place(workload.last_group).max(place_now) + 1;
    progress.group = GroupIndex(place_now);
    progress.groups_finished = place_now + u32::from(workload.group_done && is_current);
    let desired: u32 = cells.values().sum();
    let moved: u32 = workload
        .cells
        .iter()
        .map(|cell| {
            u32::try_from(cell.updated.min(cell.available))
                .unwrap_or(0)
                .min(u32::try_from(cell.desired).unwrap_or(0))
        })
        .sum();
    (progress.updated, progress.total) = (moved.min(desired), desired);
    (progress.ready, progress.pods) = (progress.updated, desired);
    if cause != Cause::Scaling
        && let Some((before, pods)) = group_pods(chart, cells, state.open_group)
    {
        (progress.ready, progress.pods) = (moved.saturating_sub(before).min(pods), pods);
    }
    progress
}

/// Pods of the groups before `group`, and of `group` itself, by the planner that the agent uses too.
fn group_pods(chart: &Chart<'_>, cells: &BTreeMap<CellName, u32>, group: GroupIndex) -> Option<(u32, u32)> {
    let strategy = &chart.app.spec.template.spec.strategy;
    let upgrade_type = match strategy.upgrade_type {
        UpgradeType::Beta => model::groups::UpgradeType::Beta,
        UpgradeType::Batch => model::groups::UpgradeType::Batch,
    };
    let batch_size = strategy.batch_size.and_then(|size| u32::try_from(size).ok());
    let progress: Vec<CellProgress> = cells
        .iter()
        .filter_map(|(cell, share)| {
            let label = CellLabel::new(chart.fleet.label(cell)).ok()?;
            Some(CellProgress { cell: label, total: *share, moved: 0 })
        })
        .collect();
    let plan: GroupPlan = plan_update(&progress, Pace::new(upgrade_type, batch_size)).ok()?;
    let through: u32 = plan.pods_through(group).values().sum();
    let pods =
        plan.groups.iter().find(|planned| planned.index == group).map_or(0, model::groups::Group::pods);
    Some((through - pods, pods))
}
