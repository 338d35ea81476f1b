//! Which group of a release may be open in every cluster, and what is waited for.

use std::collections::BTreeSet;

use model::ClusterName;
use model::release::{ConfirmationTarget, GroupIndex, Reason, ReleaseSeq};

use super::Phase;
use crate::fleet::Reach;
use crate::report::Report;

/// What a person put in the way of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gate {
    /// Nothing: groups follow each other as fast as pods do.
    #[default]
    Open,
    /// Groups open up to now stay open, and no further one opens.
    Paused,
    /// As paused, and it never goes on.
    Cancelled,
}

/// A release as the hub has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseState {
    /// Which release.
    pub seq: ReleaseSeq,
    /// What is released, as people see it.
    pub revision: String,
    /// Whether a person's word is needed between groups; see [`super::sequence::Cause::needs_confirmation`].
    pub needs_confirmation: bool,
    /// The last group that was opened in this release; 0 for a new one. It never goes back.
    pub open_group: GroupIndex,
    /// What a person put in its way.
    pub gate: Gate,
}

/// How far one cluster is with a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterProgress {
    /// The cluster.
    pub cluster: ClusterName,
    /// Whether it counts.
    pub reach: Reach,
    /// The release that its numbers are of; of an older one they say nothing about this one.
    pub seq: ReleaseSeq,
    /// Groups it has in that release; 0: it has nothing to move.
    pub groups: u32,
    /// Groups it has finished: every pod runs the revision and is available.
    pub groups_finished: u32,
    /// The group it works on, or worked on last: the one that `ready` and `pods` are of.
    pub group: GroupIndex,
    /// Pods of that group that run the revision and are ready.
    pub ready: u32,
    /// Pods of that group.
    pub pods: u32,
    /// Pods of the application that run the revision and are available.
    pub updated: u32,
    /// Pods of the application that it should have.
    pub total: u32,
}

impl ClusterProgress {
    /// Whether it has reported about this release at all.
    fn has_begun(&self, release: &ReleaseState) -> bool {
        self.seq == release.seq
    }

    /// Whether it has finished `group`; one with fewer groups has.
    fn has_finished(&self, release: &ReleaseState, group: GroupIndex) -> bool {
        self.has_begun(release) && (self.groups_finished > group.0 || self.groups_finished >= self.groups)
    }

    /// Whether it has finished all of its groups.
    fn is_done(&self, release: &ReleaseState) -> bool {
        self.has_begun(release) && self.groups_finished >= self.groups
    }
}

/// What a release does next, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePlan {
    /// Groups up to this one may run in every cluster: `openGroup` of each Work.
    pub open_group: GroupIndex,
    /// Groups of the release: the most that any cluster has; 0 while none has reported.
    pub groups: u32,
    /// Where it is.
    pub phase: Phase,
    /// What it waits for, or that it is done.
    pub reason: Reason,
    /// The confirmation that would let it go on.
    pub wanted: Option<ConfirmationTarget>,
    /// Confirmations that opened a group in this pass: they are consumed.
    pub consumed: Vec<ConfirmationTarget>,
    /// Clusters that do not count, and why.
    pub left_out: Report<Reach>,
}

/// Which group may be open, from what clusters report and people confirmed.
#[must_use]
pub fn plan_release(
    release: &ReleaseState,
    clusters: &[ClusterProgress],
    confirmations: &BTreeSet<ConfirmationTarget>,
) -> ReleasePlan {
    let mut left_out = Report::default();
    for cluster in clusters.iter().filter(|cluster| !cluster.reach.counts()) {
        left_out.add(&cluster.cluster, cluster.reach);
    }
    let counted: Vec<&ClusterProgress> = clusters.iter().filter(|cluster| cluster.reach.counts()).collect();
    let groups = clusters.iter().filter(|c| c.has_begun(release)).map(|c| c.groups).max().unwrap_or(0);
    let mut plan = ReleasePlan {
        open_group: release.open_group,
        groups,
        phase: Phase::Pending,
        reason: Reason::Complete { revision: release.revision.clone(), pods: 0 },
        wanted: None,
        consumed: Vec::new(),
        left_out,
    };
    if counted.is_empty() && !clusters.is_empty() {
        let clusters = clusters.iter().map(|cluster| cluster.cluster.to_string()).collect();
        plan.reason = Reason::NoClusterReachable { clusters };
        plan.phase = held(release.gate).unwrap_or(Phase::Pending);
        return plan;
    }
    open_groups(release, &counted, confirmations, &mut plan);
    settle(release, &counted, &mut plan);
    plan
}

const fn held(gate: Gate) -> Option<Phase> {
    match gate {
        Gate::Open => None,
        Gate::Paused => Some(Phase::Paused),
        Gate::Cancelled => Some(Phase::Cancelled),
    }
}

fn all_finished(release: &ReleaseState, counted: &[&ClusterProgress], group: GroupIndex) -> bool {
    counted.iter().all(|cluster| cluster.has_finished(release, group))
}

/// Whether a group comes after `group` in any cluster that counts.
fn has_next(release: &ReleaseState, counted: &[&ClusterProgress]) -> bool {
    counted.iter().any(|cluster| !cluster.is_done(release))
}

/// Opens every group whose turn it is. A paused or cancelled release opens none.
fn open_groups(
    release: &ReleaseState,
    counted: &[&ClusterProgress],
    confirmations: &BTreeSet<ConfirmationTarget>,
    plan: &mut ReleasePlan,
) {
    while all_finished(release, counted, plan.open_group) && has_next(release, counted) {
        let target = ConfirmationTarget { release_seq: release.seq, group: plan.open_group };
        if release.needs_confirmation && !confirmations.contains(&target) {
            plan.wanted = Some(target);
            return;
        }
        if release.gate != Gate::Open {
            return;
        }
        if release.needs_confirmation {
            plan.consumed.push(target);
        }
        plan.open_group = plan.open_group.next();
    }
}

/// Pods of the clusters that count, by what is asked of them.
fn sum(counted: &[&ClusterProgress], of: impl Fn(&ClusterProgress) -> u32) -> u32 {
    counted.iter().fold(0_u32, |total, cluster| total.saturating_add(of(cluster)))
}

/// Says where the release is, after groups were opened.
fn settle(release: &ReleaseState, counted: &[&ClusterProgress], plan: &mut ReleasePlan) {
    let begun = |number: fn(&ClusterProgress) -> u32| {
        sum(counted, |cluster| if cluster.has_begun(release) { number(cluster) } else { 0 })
    };
    let pods = sum(counted, |cluster| cluster.total);
    if !has_next(release, counted) {
        let is_everywhere = plan.left_out.is_empty();
        plan.phase = if is_everywhere { Phase::Succeeded } else { Phase::CatchingUp };
        plan.reason = Reason::Complete { revision: release.revision.clone(), pods };
        return;
    }
    if let Some(phase) = held(release.gate) {
        plan.phase = phase;
        plan.reason = match release.gate {
            Gate::Cancelled => {
                Reason::Cancelled { release: release.seq, updated: begun(|c| c.updated), pods }
            }
            _ => Reason::Paused {
                groups_done: groups_done(release, counted, plan.groups),
                groups: plan.groups,
            },
        };
        return;
    }
    let (group, groups, revision) = (plan.open_group, plan.groups, release.revision.clone());
    if plan.wanted.is_some() {
        plan.phase = Phase::Confirming;
        let in_group = |cluster: &ClusterProgress| cluster.has_begun(release) && cluster.group == group;
        let ready = sum(counted, |cluster| if in_group(cluster) { cluster.ready } else { 0 });
        let pods = sum(counted, |cluster| if in_group(cluster) { cluster.pods } else { 0 });
        plan.reason = Reason::WaitingForConfirm { group, groups, revision, ready, pods };
        return;
    }
    if !counted.iter().any(|cluster| cluster.has_begun(release)) {
        let waiting_for = counted.iter().map(|cluster| cluster.cluster.to_string()).collect();
        plan.phase = Phase::Pending;
        plan.reason = Reason::WaitingForAgents { release: release.seq, revision, waiting_for };
        return;
    }
    let late = counted.iter().filter(|cluster| !cluster.has_finished(release, group));
    let waiting_for: Vec<String> = late.map(|cluster| lateness(release, cluster, group)).collect();
    let clusters = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let finished = clusters.saturating_sub(u32::try_from(waiting_for.len()).unwrap_or(u32::MAX));
    plan.phase = Phase::Releasing;
    plan.reason = Reason::WaitingForClusters { group, groups, finished, clusters, waiting_for };
}

/// Groups that are done in every cluster that counts.
fn groups_done(release: &ReleaseState, counted: &[&ClusterProgress], groups: u32) -> u32 {
    let of = |cluster: &&ClusterProgress| match cluster.has_begun(release) {
        false => 0,
        true if cluster.is_done(release) => groups,
        true => cluster.groups_finished,
    };
    counted.iter().map(of).min().unwrap_or(0)
}

/// One cluster that is waited for, with its numbers.
fn lateness(release: &ReleaseState, cluster: &ClusterProgress, group: GroupIndex) -> String {
    let ClusterProgress { cluster: name, ready, pods, groups_finished, .. } = cluster;
    if !cluster.has_begun(release) {
        return format!("{name} (not taken up yet)");
    }
    if *groups_finished > cluster.group.0 {
        // It has finished the group that its numbers are of, and not begun the next.
        return format!("{name} (not begun yet)");
    }
    match cluster.group < group {
        true => format!("{name} (in group {}, {ready} of {pods} pods ready)", cluster.group.ordinal()),
        false => format!("{name} ({ready} of {pods} pods ready)"),
    }
}

#[cfg(test)]
mod tests;
