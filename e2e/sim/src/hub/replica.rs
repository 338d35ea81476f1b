//! A hub replica: a cached snapshot that may be old, and writes that are still to be done, one at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use model::{ClusterName, Timestamp};
use serde_json::Value;

use super::decide::{Memo, decide};
use super::{Books, Store, WorkSpec};
use crate::mutant::Mutant;

/// One write of the hub. `seen` is the version that the decision was made from.
#[derive(Clone, Debug)]
pub(crate) enum HubWrite {
    /// Keep a template under the name of its content.
    Template(String, Arc<Value>),
    /// Write the log of the release. `counted` are the clusters that the decision waited for.
    Books { seen: u64, books: Box<Books>, counted: Vec<ClusterName> },
    /// Make or change a Work.
    Apply { cluster: ClusterName, seen: u64, spec: Box<WorkSpec> },
    /// Delete a Work, by uid.
    Delete { cluster: ClusterName, uid: u64, seen: u64 },
    /// Drop the finalizer of a Work that its agent has carried out.
    LetGo { cluster: ClusterName, uid: u64 },
    /// A word has opened a group.
    Consume { place: usize },
}

/// A hub process. All of it but its number is lost when it is killed.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    /// What its watches have brought so far; `None`: it has just started.
    pub cache: Option<Arc<Store>>,
    /// What it is in the middle of.
    pub program: VecDeque<HubWrite>,
    /// Until when its watches bring nothing.
    pub stuck_until: u64,
    /// Until when it is down.
    pub down_until: u64,
    /// The last snapshot that it decided on, and when.
    pub decided: Option<(u64, u64)>,
    memo: Memo,
}

impl Replica {
    /// The process is killed.
    pub(crate) fn crash(&mut self, down_until: u64) {
        *self = Self { down_until, ..Self::default() };
    }

    /// Decides anew from the cache, unless that was done lately.
    pub(crate) fn think(&mut self, now: u64, mutant: Option<Mutant>) {
        let Some(cache) = self.cache.clone() else { return };
        let is_known = self.decided.is_some_and(|(version, at)| version == cache.version && now < at + 1_000);
        if is_known {
            return;
        }
        self.decided = Some((cache.version, now));
        let at = Timestamp::from_millis(i64::try_from(now).unwrap_or(i64::MAX));
        self.program = decide(&cache, &mut self.memo, at, mutant).into();
    }
}
