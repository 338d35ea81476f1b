//! What the committing thread publishes and everybody else reads: the newest state, recent changes, and a signal.

use std::sync::Arc;

use parking_lot::RwLock;
use redb::{Database, ReadTransaction, ReadableDatabase};
use tokio::sync::watch;

use super::index::Index;
use super::ring::{Changes, Ring};
use super::tables::{LogSnapshot, failed};
use crate::{Revision, StoreError};

/// The state after a commit.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) head: Revision,
    pub(crate) compacted: Revision,
    pub(crate) index: Index,
}

/// What wakes watchers.
#[derive(Clone, Debug)]
pub(crate) struct Signal {
    /// The newest revision.
    pub(crate) head: Revision,
    /// How many times progress was asked for.
    pub(crate) progress_asked: u64,
    /// Why there is nothing more to come.
    pub(crate) ended: Option<StoreError>,
}

/// A state and the log it points into.
pub(crate) struct Snapshot {
    pub(crate) state: Published,
    pub(crate) log: LogSnapshot,
}

/// Shared by the handle, the committing thread, readers and watchers.
pub(crate) struct Shared {
    pub(crate) db: Database,
    published: RwLock<Published>,
    ring: RwLock<Ring>,
    signal: watch::Sender<Signal>,
}

impl Shared {
    pub(crate) fn new(db: Database, published: Published, recent_bytes: usize) -> Self {
        let signal = Signal { head: published.head, progress_asked: 0, ended: None };
        Self {
            db,
            published: RwLock::new(published),
            ring: RwLock::new(Ring::new(recent_bytes)),
            signal: watch::Sender::new(signal),
        }
    }

    /// The newest revision.
    pub(crate) fn head(&self) -> Revision {
        self.published.read().head
    }

    /// The newest state.
    pub(crate) fn published(&self) -> Published {
        self.published.read().clone()
    }

    /// The newest state with the log that belongs to it.
    ///
    /// The read transaction begins under the lock: what the state names is then in it, because a commit comes
    /// before its publication, and the compaction that frees a version is published before it is freed.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let published = self.published.read();
        let read = self.db.begin_read().map_err(|error| failed("beginning to read")(error.into()))?;
        let state = published.clone();
        drop(published);
        Ok(Snapshot { state, log: LogSnapshot::open(&read)? })
    }

    /// The newest revision and a transaction that reads it.
    pub(crate) fn begin_read(&self) -> Result<(Revision, ReadTransaction), StoreError> {
        let published = self.published.read();
        let read = self.db.begin_read().map_err(|error| failed("beginning to read")(error.into()))?;
        Ok((published.head, read))
    }

    /// Recent changes from `next` on, when they are still in memory.
    pub(crate) fn recent(&self, next: Revision, count: usize) -> Option<Vec<Arc<Changes>>> {
        self.ring.read().since(next, count)
    }

    /// Makes a commit visible: state first, then changes, then the signal.
    pub(crate) fn publish(&self, state: Published, changes: Vec<Changes>) {
        let head = state.head;
        // The old state is dropped outside of the lock: it may hold the last reference to many nodes.
        let old = std::mem::replace(&mut *self.published.write(), state);
        if !changes.is_empty() {
            let mut ring = self.ring.write();
            changes.into_iter().for_each(|changes| ring.push(changes));
            drop(ring);
            self.signal.send_modify(|signal| signal.head = head);
        }
        drop(old);
    }

    /// Asks watchers for progress.
    pub(crate) fn ask_progress(&self) {
        self.signal.send_modify(|signal| signal.progress_asked += 1);
    }

    /// Ends all watches, once they have told what was published. The first reason stays.
    pub(crate) fn end(&self, why: StoreError) {
        self.signal.send_if_modified(|signal| {
            let first = signal.ended.is_none();
            signal.ended.get_or_insert(why);
            first
        });
    }

    /// Why the store does nothing any more, if so.
    pub(crate) fn ended(&self) -> Option<StoreError> {
        self.signal.borrow().ended.clone()
    }

    /// A receiver of the signal.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }
}
