//! Following changes from a revision on.

use futures::stream::BoxStream;

use crate::{KeyRange, KeyValue, Revision, StoreError};

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It was written.
    Put,
    /// It was deleted.
    Delete,
}

/// One change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// What was written; for a deletion the key and the revision of the deletion, with an empty value.
    pub kv: KeyValue,
    /// What was there before, when asked for and not compacted away.
    pub prev: Option<KeyValue>,
}

/// What to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchRequest {
    /// The keys.
    pub range: KeyRange,
    /// The first revision wanted; 0 is "from now", one above the head is "what comes next".
    pub start: Revision,
    /// Also tell what was there before each change.
    pub prev_kv: bool,
    /// Also send [`WatchResponse::Progress`].
    pub progress: bool,
}

impl WatchRequest {
    /// Changes in `range` from now on, without previous values and progress.
    pub fn new(range: KeyRange) -> Self {
        Self { range, start: 0, prev_kv: false, progress: false }
    }

    /// The same from this revision on (inclusive).
    #[must_use]
    pub fn starting_at(mut self, start: Revision) -> Self {
        self.start = start;
        self
    }

    /// The same with previous values.
    #[must_use]
    pub fn with_prev(mut self) -> Self {
        self.prev_kv = true;
        self
    }

    /// The same with progress.
    #[must_use]
    pub fn with_progress(mut self) -> Self {
        self.progress = true;
        self
    }
}

/// A message of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchResponse {
    /// Changes in the order they happened: one or several whole revisions, never a part of one.
    Events {
        /// The watch is complete up to this revision, the one of the last event or a later one.
        revision: Revision,
        /// The changes.
        events: Vec<Event>,
    },
    /// Nothing more is coming for this revision and those before it.
    Progress {
        /// The watch is complete up to this revision.
        revision: Revision,
    },
}

impl WatchResponse {
    /// The revision up to which a reader of this watch has seen everything.
    pub fn revision(&self) -> Revision {
        match self {
            Self::Events { revision, .. } | Self::Progress { revision } => *revision,
        }
    }
}

/// The messages of a watch. It ends after its first error; resume at the revision after the last one seen.
pub type WatchStream = BoxStream<'static, Result<WatchResponse, StoreError>>;
