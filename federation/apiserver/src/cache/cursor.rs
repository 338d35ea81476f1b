//! A watcher's place among the events of a kind.

use std::collections::VecDeque;
use std::sync::Arc;

use smallvec::SmallVec;
use tokio::sync::Notify;

use super::event::Event;
use super::kind::{KindCache, Snapshot};
use super::lanes::Interest;

/// How many events a watcher takes at once.
const BATCH: usize = 128;

/// Events for one watcher, oldest first.
pub(crate) type Batch = SmallVec<[Arc<Event>; 8]>;

/// The watcher was too slow: events it has not seen are gone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the watcher fell behind the events that are kept")]
pub(crate) struct TooSlow;

/// Follows one interest from one revision on. Holds no events but those that happened between the revision
/// and the moment it was made.
pub(crate) struct Cursor {
    cache: Arc<KindCache>,
    interest: Interest,
    notify: Arc<Notify>,
    next: u64,
    backlog: VecDeque<Arc<Event>>,
}

impl Cursor {
    /// Starts strictly after `revision`; `None` when events since then are gone.
    pub(crate) fn after(cache: &Arc<KindCache>, interest: Interest, revision: u64) -> Option<Self> {
        let mut state = cache.state.write();
        let start = state.ring.after(revision)?;
        let end = state.ring.end();
        let (next, backlog, notify) = match state.lanes.join(&interest, end) {
            None => (start, VecDeque::new(), cache.all.clone()),
            Some(notify) => {
                let missed = state.ring.from(start).filter(|(_, event)| interest.touches(event));
                (end, missed.map(|(_, event)| event.clone()).collect(), notify)
            }
        };
        drop(state);
        Some(Self { cache: cache.clone(), interest, notify, next, backlog })
    }

    /// Starts with the current state: the snapshot, and a cursor for what follows it. `reached` is a revision
    /// that the feed has reached before.
    pub(crate) fn with_state(cache: &Arc<KindCache>, interest: Interest, reached: u64) -> (Snapshot, Self) {
        // The floor cannot pass a revision that was read a moment ago, unless the server stood still for as long
        // as events are kept; then the newer state is taken.
        loop {
            let snapshot = cache.snapshot(reached);
            if let Some(cursor) = Self::after(cache, interest.clone(), snapshot.revision) {
                return (snapshot, cursor);
            }
        }
    }

    /// Starts strictly after an older revision whose events up to the floor of the ring are `older`; `None` when
    /// the floor has passed `floor` meanwhile.
    pub(crate) fn after_replay(
        cache: &Arc<KindCache>,
        interest: Interest,
        floor: u64,
        older: VecDeque<Arc<Event>>,
    ) -> Option<Self> {
        let mut cursor = Self::after(cache, interest, floor)?;
        let recent = std::mem::replace(&mut cursor.backlog, older);
        cursor.backlog.extend(recent);
        Some(cursor)
    }

    /// The next events, empty when there is none yet.
    pub(crate) fn take(&mut self) -> Result<Batch, TooSlow> {
        let mut batch = Batch::new();
        while let Some(event) = self.backlog.pop_front() {
            batch.push(event);
            if batch.len() == BATCH {
                return Ok(batch);
            }
        }
        let state = self.cache.state.read();
        if matches!(self.interest, Interest::All) {
            if self.next < state.ring.first() {
                return Err(TooSlow);
            }
            for (seq, event) in state.ring.from(self.next).take(BATCH) {
                batch.push(event.clone());
                self.next = seq + 1;
            }
            return Ok(batch);
        }
        let lane = state.lanes.lane(&self.interest).ok_or(TooSlow)?;
        for seq in lane.from(self.next).ok_or(TooSlow)? {
            batch.push(state.ring.get(seq).ok_or(TooSlow)?.clone());
            self.next = seq + 1;
            if batch.len() == BATCH {
                return Ok(batch);
            }
        }
        self.next = state.ring.end();
        Ok(batch)
    }

    /// What is notified when there may be more. Take the future before looking, so that nothing is missed.
    pub(crate) fn notify(&self) -> Arc<Notify> {
        self.notify.clone()
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        if !matches!(self.interest, Interest::All) {
            self.cache.state.write().lanes.leave(&self.interest);
        }
    }
}
