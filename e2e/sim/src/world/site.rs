//! A member cluster with its agent, its link to the hub, and what the run remembers of it for the invariants.

use std::collections::BTreeMap;

use member_agent_core::cafe_deployment::Status;
use model::{CellName, Timestamp};

use crate::agent::Agent;
use crate::chance::Chance;
use crate::hub::{Work, WorkSpec};
use crate::member::Member;

/// One version of a Work, as the store had it.
#[derive(Clone, Debug)]
pub(super) struct Annal {
    pub uid: u64,
    pub generation: i64,
    pub is_deleting: bool,
    pub spec: WorkSpec,
}

/// A member, its agent and its link.
#[derive(Debug, Default)]
pub(super) struct Site {
    pub agent: Agent,
    pub member: Member,
    /// Until when the link is cut.
    pub cut_until: u64,
    /// The session that the hub pushes into.
    pub session: Option<u64>,
    /// Every version of the Work.
    pub annals: Vec<Annal>,
    /// The Work over time, for reads from a server that is behind.
    pub past: Vec<(u64, Option<Work>)>,
    /// Statuses of the application that were replaced a moment ago, and when.
    pub statuses: Vec<(u64, Status)>,
    /// Groups of each release, and those of them that were finished in truth.
    pub finished: BTreeMap<u64, (u32, u32)>,
}

/// How far back a server may be that is behind, in milliseconds.
const BEHIND_MS: u64 = 8_000;

impl Site {
    /// Writes down a version of the Work.
    pub(super) fn note(&mut self, now: u64, work: Option<&Work>) {
        self.past.push((now, work.cloned()));
        let Some(work) = work else { return };
        let is_known = |annal: &Annal| annal.uid == work.uid && annal.generation == work.generation;
        if !self.annals.iter().any(is_known) {
            self.annals.push(Annal {
                uid: work.uid,
                generation: work.generation,
                is_deleting: work.is_deleting,
                spec: work.spec.clone(),
            });
        }
    }

    /// The Work as a server sees it that is behind.
    pub(super) fn behind(&self, now: u64, chance: &mut Chance) -> Option<Work> {
        let at = now.saturating_sub(chance.between(500, BEHIND_MS));
        self.past.iter().rev().find(|(when, _)| *when <= at).and_then(|(_, work)| work.clone())
    }

    /// The highest group that any version of the Work opened in a release; `None`: it never came here.
    pub(super) fn opened(&self, seq: u64) -> Option<u32> {
        self.annals.iter().filter(|annal| annal.spec.seq == seq).map(|annal| annal.spec.open_group).max()
    }

    /// The least that the last versions of the Work ask for in a cell.
    pub(super) fn floor(&self, cell: &str) -> u32 {
        let share = |annal: &Annal| {
            let of = |(name, _): &(&CellName, &u32)| name.default_label().as_str() == cell;
            annal.spec.cells.iter().find(of).map_or(0, |(_, share)| *share)
        };
        self.annals.iter().rev().take(4).map(share).min().unwrap_or(0)
    }

    /// The kubelet looks, and pods that stopped being available are written down.
    pub(super) fn kubelet(&mut self, now: u64, chance: &mut Chance) {
        let before: Vec<(String, String)> = self.ready();
        self.member.kubelet(now, chance);
        let after = self.ready();
        let lost = before.into_iter().filter(|pod| !after.contains(pod));
        let at = Timestamp::from_millis(i64::try_from(now).unwrap_or(i64::MAX));
        self.member.losses.extend(lost.map(|(_, cell)| (cell, at)));
    }

    /// Uids and cells of the pods that are ready.
    pub(super) fn ready(&self) -> Vec<(String, String)> {
        let ready = self.member.pods.values().filter(|pod| pod.ready_since.is_some() && pod.is_alive());
        ready.map(|pod| (pod.uid.clone(), pod.cell.clone())).collect()
    }
}
