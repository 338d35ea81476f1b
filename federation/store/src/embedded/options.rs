//! The knobs of the embedded store.

use std::time::Duration;

/// How an [`super::EmbeddedStore`] uses memory and time. The defaults fit a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Memory for pages of the file, in bytes. What is not there is read from the file (mostly from the page cache).
    pub cache_bytes: usize,
    /// The most bytes of keys and values one transaction may write.
    pub max_txn_bytes: usize,
    /// The most transactions behind one fsync.
    pub max_batch: usize,
    /// How long the committing thread waits, at most, for the writers of the previous batch to come back before it
    /// syncs again. A lone writer never waits.
    pub gather: Duration,
    /// How many bytes of recent changes are kept in memory for watchers; older ones are read from the file.
    pub recent_bytes: usize,
    /// How many versions a compaction frees in one step.
    pub compaction_step: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 8 << 20,
            max_txn_bytes: 4 << 20,
            max_batch: 512,
            gather: Duration::from_micros(500),
            recent_bytes: 1 << 20,
            compaction_step: 256,
        }
    }
}

impl Options {
    /// For a store in memory: no page cache beside the memory that is the file.
    pub(crate) fn in_memory() -> Self {
        Self { cache_bytes: 256 << 10, gather: Duration::ZERO, recent_bytes: 256 << 10, ..Self::default() }
    }
}
