//! What can go wrong in a store.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{LeaseId, Revision};

/// A cause that several callers share: one failed commit fails every transaction that was in it.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The revision asked for is no longer kept. Read the newest state and go on from there.
    #[error("revision {requested} has been compacted; the oldest that can be read is {compacted}")]
    Compacted {
        /// What was asked for.
        requested: Revision,
        /// The oldest revision still readable.
        compacted: Revision,
    },
    /// The revision asked for does not exist yet.
    #[error("revision {requested} is in the future; the newest is {current}")]
    FutureRevision {
        /// What was asked for.
        requested: Revision,
        /// The newest revision.
        current: Revision,
    },
    /// The request contradicts itself or breaks a rule of the store; nothing was changed.
    #[error("the store refuses the request: {0}")]
    Invalid(String),
    /// The request exceeds a size limit; nothing was changed.
    #[error("{what} is {size}, more than the store takes: at most {limit}")]
    TooLarge {
        /// What is too large, with its unit.
        what: &'static str,
        /// Its size.
        size: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// There is no such lease: it ended, was revoked, or never was.
    #[error("lease {id} does not exist (it may have expired); grant a new one")]
    LeaseNotFound {
        /// The lease.
        id: LeaseId,
    },
    /// Another process has the file open.
    #[error("the store {} is in use by another process; stop that one first, or choose another file", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The store cannot be reached now; whether a write was done is unknown. Try again.
    #[error("{attempt}: the store is unavailable")]
    Unavailable {
        /// What was being done.
        attempt: &'static str,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The disk or file failed. The store takes no more writes, because it cannot know what the disk holds; whether
    /// the write that met the failure survives is unknown until the store is opened again.
    #[error("{attempt} failed; the store takes no more writes until it is opened again (check the disk)")]
    Failed {
        /// What was being done.
        attempt: &'static str,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The file could not be opened or created.
    #[error("cannot {attempt} {}", path.display())]
    File {
        /// What was being done.
        attempt: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// What the store holds is not what it wrote. Restore a backup.
    #[error("the store is corrupt: {detail}; restore it from a backup")]
    Corrupt {
        /// What was found.
        detail: String,
    },
    /// The peer answered with something this crate does not understand, or refuses us.
    #[error("{attempt}: the store answered unexpectedly")]
    Protocol {
        /// What was being done.
        attempt: &'static str,
        /// Why.
        #[source]
        source: Cause,
    },
}
