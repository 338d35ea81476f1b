//! What the agent keeps on its disk: the Work as the hub sent it last, and templates. Synced before it counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::hub::Work;
use crate::mutant::Mutant;

/// A Work as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub work: Work,
    /// Whether its deletion was carried out here.
    pub is_finished: bool,
}

/// The disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    pub record: Option<Record>,
    pub templates: BTreeMap<String, Arc<Value>>,
    /// Uids of Works whose deletion was carried out: none of them comes back, however late a message is.
    pub carried_out: BTreeSet<u64>,
    /// Rises with every change.
    pub version: u64,
}

impl Disk {
    /// Keeps what the hub said, unless it is older than what it said before.
    pub(crate) fn keep(&mut self, work: &Work, mutant: Option<Mutant>) {
        // Carried out before: said again while the hub still has it, and never made anew.
        let is_over = self.carried_out.contains(&work.uid) && mutant != Some(Mutant::ForgottenUid);
        if is_over && !work.is_deleting {
            return;
        }
        if let Some(held) = self.record.as_ref().map(|record| &record.work) {
            let is_older = held.uid == work.uid && work.generation < held.generation;
            let is_older = is_older && mutant != Some(Mutant::OlderGeneration);
            if is_older {
                return;
            }
        }
        let same = self.record.as_ref().filter(|record| record.work.uid == work.uid);
        let is_finished = is_over || same.is_some_and(|record| record.is_finished);
        if same.is_none_or(|record| record.work.generation != work.generation) {
            self.version += 1;
        }
        self.record = Some(Record { work: work.clone(), is_finished });
    }

    /// The hub has removed this very Work. It is forgotten only after its deletion was carried out, or ordered.
    pub(crate) fn vanished(&mut self, uid: u64, was_deleting: bool) {
        let may_go = |record: &Record| record.work.uid == uid && (record.is_finished || was_deleting);
        if self.record.as_ref().is_some_and(may_go) {
            self.record = None;
            self.version += 1;
        }
    }

    /// A list does not show the Work: that is no instruction (I21). One that is finished is forgotten.
    pub(crate) fn absent(&mut self, mutant: Option<Mutant>) {
        if mutant == Some(Mutant::AbsentMeansDeleted) {
            if let Some(record) = &mut self.record {
                record.work.is_deleting = true;
                self.version += 1;
            }
            return;
        }
        if self.record.as_ref().is_some_and(|record| record.is_finished) {
            self.record = None;
            self.version += 1;
        }
    }
}
