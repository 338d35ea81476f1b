//! A hub and its members in a story: the hub decides by the core, members act by the group planner.

use std::collections::{BTreeMap, BTreeSet};

use federation_core::Reach;
use federation_core::division::{Bounds, Candidate, Division, divide};
use federation_core::release::deadline::{Deadline, Progress, Seen, check_deadline};
use federation_core::release::sequence::{Cause, Current, Next, Revision, next_release, rollback_target};
use federation_core::release::{ClusterProgress, Gate, Phase, ReleasePlan, ReleaseState, plan_release};
use model::groups::{
    CellCount, CellProgress, Group, GroupPlan, Pace, SharesInput, UpgradeType, plan_scale_out, plan_update,
    shares,
};
use model::release::{ConfirmationTarget, GroupIndex, ReleaseSeq};
use model::{CellLabel, CellName, ClusterName, Timestamp};

/// A member of the story.
struct Member {
    reach: Reach,
    /// Its cells and their shares.
    cells: BTreeMap<CellName, u32>,
    /// The release it works on.
    seq: ReleaseSeq,
    /// What its agent planned for that release.
    plan: GroupPlan,
    /// Groups it finished.
    finished: u32,
    /// The group it works on, or worked on last.
    group: GroupIndex,
    /// Pods it has, by cell.
    pods: BTreeMap<CellLabel, u32>,
}

/// Everything of a story.
pub(crate) struct World {
    now: Timestamp,
    members: BTreeMap<ClusterName, Member>,
    pace: Pace,
    need_waiting_for_confirm: bool,
    replicas: u32,
    current: Option<Current>,
    history: Vec<Revision>,
    state: ReleaseState,
    confirmations: BTreeSet<ConfirmationTarget>,
    progress: Progress,
    is_broken: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now: Timestamp::from_seconds(0),
            members: BTreeMap::new(),
            pace: Pace::new(UpgradeType::Beta, None),
            need_waiting_for_confirm: false,
            replicas: 0,
            current: None,
            history: Vec::new(),
            state: ReleaseState {
                seq: ReleaseSeq(0),
                revision: String::new(),
                needs_confirmation: false,
                open_group: GroupIndex(0),
                gate: Gate::Open,
            },
            confirmations: BTreeSet::new(),
            progress: Progress::begin(ReleaseSeq(0), Timestamp::from_seconds(0)),
            is_broken: false,
        }
    }
}

impl World {
    /// Runs one command, and says what the hub decided.
    pub(crate) fn run(&mut self, command: &str) -> Vec<String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let mut said = Vec::new();
        match words.as_slice() {
            ["strategy", rest @ ..] => self.strategy(rest),
            ["cell", cell, "in", cluster] => self.add_cell(cell, cluster),
            ["replicas", count] => {
                self.replicas = number(count);
                self.divide(&mut said);
            }
            ["apply", revision] => self.apply(revision, &mut said),
            ["rollback"] => self.rollback(&mut said),
            ["confirm", seq, group] => {
                let release_seq = ReleaseSeq(u64::from(number(seq)));
                let group = GroupIndex(number(group));
                self.confirmations.insert(ConfirmationTarget { release_seq, group });
            }
            ["pods", "break"] => self.is_broken = true,
            ["pods", "heal"] => self.is_broken = false,
            ["pods", "move"] => self.move_pods(&mut said),
            ["lose", cluster] => self.reach(cluster, Reach::Unknown { since: self.now }),
            ["find", cluster] => self.reach(cluster, Reach::Ready),
            ["pause"] => self.state.gate = Gate::Paused,
            ["resume"] => self.state.gate = Gate::Open,
            ["cancel"] => self.state.gate = Gate::Cancelled,
            ["wait", seconds] => self.now = self.now.plus_seconds(i64::from(number(seconds))),
            _ => panic!("unknown command {command:?}"),
        }
        if self.current.is_some() {
            self.decide(&mut said);
        }
        said
    }

    fn strategy(&mut self, words: &[&str]) {
        for word in words {
            match word.split_once('=') {
                Some(("batch", size)) => self.pace.batch_size = Some(number(size)),
                None if *word == "beta" => self.pace.upgrade_type = UpgradeType::Beta,
                None if *word == "confirm" => self.need_waiting_for_confirm = true,
                _ => panic!("unknown strategy {word:?}"),
            }
        }
    }

    fn add_cell(&mut self, cell: &str, cluster: &str) {
        let cluster = ClusterName::new(cluster).expect("stories name clusters right");
        let member = self.members.entry(cluster).or_insert_with(|| Member {
            reach: Reach::Ready,
            cells: BTreeMap::new(),
            seq: ReleaseSeq(0),
            plan: GroupPlan::default(),
            finished: 0,
            group: GroupIndex(0),
            pods: BTreeMap::new(),
        });
        member.cells.insert(CellName::new(cell).expect("stories name cells right"), 0);
    }

    /// Divides the replicas over all cells evenly, leaving what runs.
    fn divide(&mut self, said: &mut Vec<String>) {
        let cells = self.members.values().flat_map(|member| &member.cells);
        let candidates: Vec<Candidate> = cells
            .map(|(cell, present)| Candidate {
                cell: cell.clone(),
                weight: Some(1),
                present: *present,
                limit: None,
            })
            .collect();
        let division = Division::Weighted { bounds: Bounds::default(), avoid_disruption: true };
        let divided = divide(self.replicas, division, &candidates).expect("stories have cells");
        for (cell, share) in self.members.values_mut().flat_map(|member| &mut member.cells) {
            *share = divided.shares[cell];
        }
        if let Some(current) = self.current.clone() {
            self.start(&current.revision, said);
        }
    }

    fn shape(&self) -> String {
        let cells = self.members.values().flat_map(|member| &member.cells);
        cells.map(|(cell, share)| format!("{cell}={share}")).collect::<Vec<_>>().join(",")
    }

    fn apply(&mut self, revision: &str, said: &mut Vec<String>) {
        self.start(revision, said);
        if self.history.last().is_none_or(|last| last.revision != revision) {
            self.history.push(Revision { seq: self.state.seq, revision: revision.to_owned() });
        }
    }

    fn rollback(&mut self, said: &mut Vec<String>) {
        match rollback_target(&self.history, &self.state.revision, None) {
            Ok(target) => self.apply(&target.revision.clone(), said),
            Err(error) => said.push(error.to_string()),
        }
    }

    fn start(&mut self, revision: &str, said: &mut Vec<String>) {
        let shape = self.shape();
        let Next::Start { seq, cause } = next_release(self.current.as_ref(), revision, &shape) else {
            return;
        };
        said.push(format!("release {seq} of {revision}: {cause:?}"));
        self.current = Some(Current { seq, revision: revision.to_owned(), cause, is_done: false, shape });
        self.state = ReleaseState {
            seq,
            revision: revision.to_owned(),
            needs_confirmation: cause.needs_confirmation(self.need_waiting_for_confirm, false),
            open_group: GroupIndex(0),
            gate: Gate::Open,
        };
    }

    fn reach(&mut self, cluster: &str, reach: Reach) {
        self.members.get_mut(cluster).expect("stories name clusters that are there").reach = reach;
    }

    /// Every member that is heard takes up the release, and finishes one group that is open.
    fn move_pods(&mut self, said: &mut Vec<String>) {
        for (name, member) in &mut self.members {
            if !member.reach.counts() {
                continue;
            }
            if member.seq != self.state.seq {
                member.seq = self.state.seq;
                member.finished = 0;
                member.group = GroupIndex(0);
                let cause = self.current.as_ref().map(|current| current.cause);
                member.plan = plan_of(member, cause, self.pace);
            }
            let next = member.plan.groups.get(member.finished as usize);
            let Some(group) = next.filter(|group| group.index <= self.state.open_group) else { continue };
            member.group = group.index;
            if self.is_broken {
                said.push(format!("{name} {group}, pods fail"));
            } else {
                said.push(format!("{name} {group}"));
                member.finished += 1;
                if self.current.as_ref().is_some_and(|current| current.cause != Cause::TemplateChange) {
                    for step in &group.steps {
                        *member.pods.entry(step.cell.clone()).or_insert(0) += step.pods;
                    }
                }
            }
        }
    }

    fn decide(&mut self, said: &mut Vec<String>) {
        let clusters: Vec<ClusterProgress> =
            self.members.iter().map(|(name, member)| progress(name, member, &self.state)).collect();
        let plan = plan_release(&self.state, &clusters, &self.confirmations);
        self.state.open_group = plan.open_group;
        if let Some(current) = self.current.as_mut() {
            current.is_done |= matches!(plan.phase, Phase::Succeeded | Phase::CatchingUp);
        }
        let updated: u32 = self.members.values().map(|member| moved(member, self.state.seq)).sum();
        let seen = Seen { seq: self.state.seq, updated, available: updated, pods: self.replicas };
        self.progress = self.progress.observe(&seen, plan.phase, self.now);
        said.push(sentence(&plan));
        let deadline = check_deadline(&self.progress, plan.phase, 600, self.replicas, &[], self.now);
        if let Deadline::Exceeded { reason } = deadline {
            said.push(format!("{}: {reason}", reason.name()));
        }
    }
}

/// The groups of a member: pods to add when the application begins or scales, pods to move when it changes.
fn plan_of(member: &Member, cause: Option<Cause>, pace: Pace) -> GroupPlan {
    let labels: Vec<CellLabel> = member.cells.keys().map(CellName::default_label).collect();
    if cause == Some(Cause::TemplateChange) {
        let moved =
            |cell: &CellLabel| CellProgress { cell: cell.clone(), total: member.pods[cell], moved: 0 };
        let cells: Vec<CellProgress> = labels.iter().map(moved).collect();
        return plan_update(&cells, pace).expect("stories can be planned");
    }
    let assigned: BTreeMap<CellLabel, u32> =
        labels.iter().cloned().zip(member.cells.values().copied()).collect();
    let replicas = assigned.values().sum();
    let target = shares(&SharesInput { replicas, cells: labels, assigned, ..SharesInput::default() })
        .expect("the hub's shares add up");
    let current: Vec<CellCount> =
        member.pods.iter().map(|(cell, pods)| CellCount { cell: cell.clone(), pods: *pods }).collect();
    plan_scale_out(&current, &target, pace).expect("stories can be planned")
}

fn progress(name: &ClusterName, member: &Member, state: &ReleaseState) -> ClusterProgress {
    let groups = u32::try_from(member.plan.groups.len()).expect("stories are short");
    let group = member.group;
    let pods = member.plan.groups.get(group.0 as usize).map_or(0, Group::pods);
    let ready = if member.finished > group.0 { pods } else { 0 };
    ClusterProgress {
        cluster: name.clone(),
        reach: member.reach,
        seq: member.seq,
        groups,
        groups_finished: member.finished,
        group,
        ready,
        pods,
        updated: moved(member, state.seq),
        total: member.cells.values().sum(),
    }
}

fn moved(member: &Member, seq: ReleaseSeq) -> u32 {
    let finished = member.plan.groups.iter().take(member.finished as usize);
    if member.seq == seq { finished.map(Group::pods).sum() } else { 0 }
}

fn sentence(plan: &ReleasePlan) -> String {
    let mut sentence = format!("{}, group {} open", plan.phase, plan.open_group);
    sentence.push_str(&format!("; {}: {}", plan.reason.name(), plan.reason));
    if !plan.left_out.is_empty() {
        sentence.push_str(&format!("; left out {}", plan.left_out));
    }
    sentence
}

fn number(word: &str) -> u32 {
    word.parse().expect("stories have numbers where numbers belong")
}
