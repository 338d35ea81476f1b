//! The agent of a member: a disk that survives, a memory that does not, and three loops as in the shipped agent
//! (Works, applications, sets), each in the middle of its own writes.

mod disk;
mod sets;
mod workloads;
mod works;

use std::collections::VecDeque;

pub(crate) use disk::{Disk, Record};
use federation_core::work::ObjectName;
use member_agent_core::cafe_deployment::{Release, Status};
use member_agent_core::in_place_set::Act;
use model::Timestamp;

use crate::hub::WorkStatus;
use crate::member::{Cafe, Member, RecordObject, SetObject};
use crate::mutant::Mutant;

/// A loop of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loop {
    /// What the hub wants.
    Works,
    /// Groups of the application.
    Workloads,
    /// Pods of each cell.
    Sets,
}

/// One write of the agent, in its cluster or on its disk.
#[derive(Clone, Debug)]
pub(crate) enum AgentWrite {
    ApplyConfig { name: String, work_uid: u64 },
    ApplyCafe(Box<Cafe>),
    Delete { object: ObjectName, work_uid: u64 },
    Finish { work_uid: u64 },
    Report { work_uid: u64, status: Box<WorkStatus> },
    KeepRevision { name: String, record: RecordObject },
    Renumber { name: String, number: i64 },
    DropRevision { name: String },
    Status { seen: u64, status: Box<Status> },
    Set { name: String, set: Box<SetObject> },
    RemoveSet { name: String, version: u64 },
    Pod { set: String, seen: u64, act: Box<Act> },
}

/// What a loop looked at last.
#[derive(Clone, Copy, Debug, Default)]
struct Looked {
    member: u64,
    disk: u64,
    again: u64,
}

/// An agent process. All of it but the disk is lost when it is killed.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    pub disk: Disk,
    /// What its watches hold of the member; `None`: it has just started.
    pub cache: Option<Member>,
    /// The session with the hub; messages of older ones are of a connection that is closed.
    pub session: u64,
    /// The status that the hub holds, and the one it should.
    pub held: Option<(u64, WorkStatus)>,
    pub wanted: Option<(u64, WorkStatus)>,
    pub is_suspended: bool,
    pub down_until: u64,
    programs: [VecDeque<AgentWrite>; 3],
    looked: [Option<Looked>; 3],
}

impl Agent {
    /// The process is killed.
    pub(crate) fn crash(&mut self, down_until: u64) {
        let disk = std::mem::take(&mut self.disk);
        *self = Self {
            disk,
            down_until,
            session: self.session,
            is_suspended: self.is_suspended,
            ..Self::default()
        };
    }

    /// The next write of a loop, deciding anew when it is in the middle of nothing and something changed.
    pub(crate) fn next_write(&mut self, of: Loop, now: u64, mutant: Option<Mutant>) -> Option<AgentWrite> {
        let place = of as usize;
        if let Some(write) = self.programs[place].pop_front() {
            return Some(write);
        }
        let cache = self.cache.as_ref()?;
        let is_known = self.looked[place].is_some_and(|looked| {
            looked.member == cache.version && looked.disk == self.disk.version && now < looked.again
        });
        if is_known {
            return None;
        }
        let at = Timestamp::from_millis(i64::try_from(now).unwrap_or(i64::MAX));
        let old_soak = mutant == Some(Mutant::OldSoak);
        let (program, wake) = match of {
            Loop::Works => (works::pass(self, cache), None),
            _ if self.is_suspended => (VecDeque::new(), None),
            Loop::Workloads => workloads::pass(cache, at, old_soak),
            Loop::Sets => sets::pass(cache, at, old_soak),
        };
        let wake = wake.map_or(u64::MAX, |at| u64::try_from(at.millis()).unwrap_or(0).max(now + 1));
        let looked = Looked { member: cache.version, disk: self.disk.version, again: wake.min(now + 5_000) };
        self.looked[place] = Some(looked);
        self.programs[place] = program;
        self.programs[place].pop_front()
    }

    /// A write was refused: the pass is over, and the next one looks again.
    pub(crate) fn give_up(&mut self, of: Loop) {
        self.programs[of as usize].clear();
        self.looked[of as usize] = None;
    }
}

/// Groups of a release, those of them that are finished, and the place of the open one.
pub(crate) fn finished(release: &Release, base: i32) -> (u32, u32, u32) {
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    let groups = count(release.last_group - base + 1);
    let place = count(release.group - base);
    let is_over = release.phase == member_agent_core::cafe_deployment::Phase::Succeeded;
    let finished = if is_over { groups } else { place + u32::from(release.group_done) };
    (groups, finished, place)
}

/// Number of the first group, by the manifest.
pub(crate) fn base(cafe: &Cafe) -> i32 {
    i32::from(cafe.manifest["strategy"]["upgradeType"] == "Batch")
}

impl Agent {
    /// The hub sent a Work: what it holds as status is known, and the rest is kept.
    pub(crate) fn takes(&mut self, work: &crate::hub::Work, mutant: Option<Mutant>) {
        self.held = Some((work.uid, work.status.clone()));
        self.disk.keep(work, mutant);
    }
}

/// Seconds that a pod must be ready, by the manifest.
pub(crate) fn min_ready_seconds(cafe: &Cafe) -> u32 {
    workloads::deployment(cafe).min_ready_seconds
}
