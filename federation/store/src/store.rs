//! The trait every store implements.

use async_trait::async_trait;

use crate::{
    Lease, LeaseId, RangeRequest, RangeResponse, Revision, StoreError, Txn, TxnResponse, WatchRequest,
    WatchStream,
};

/// An ordered key-value store with the semantics of etcd's MVCC (design 04, "Store").
///
/// * One revision counts up for the whole store; all changes of a transaction share one. A transaction that changes
///   nothing takes none.
/// * A reply to a write means that the write is durable.
/// * Every reader and watcher sees the same order.
/// * Keys are not empty.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The newest revision, at least as new as every write acknowledged before the call.
    ///
    /// # Errors
    /// Whatever keeps the store from serving; so this also tells whether it is healthy.
    async fn revision(&self) -> Result<Revision, StoreError>;

    /// Reads keys, now or at an older revision.
    ///
    /// # Errors
    /// [`StoreError::Compacted`] and [`StoreError::FutureRevision`] where that revision cannot be read.
    async fn range(&self, request: RangeRequest) -> Result<RangeResponse, StoreError>;

    /// Runs a transaction; the reply means it is durable. Dropping the future does not take the transaction back.
    ///
    /// # Errors
    /// [`StoreError::Invalid`], [`StoreError::TooLarge`] and [`StoreError::LeaseNotFound`] change nothing; after
    /// [`StoreError::Unavailable`], [`StoreError::Failed`] and [`StoreError::Closed`] the outcome is unknown.
    async fn txn(&self, txn: Txn) -> Result<TxnResponse, StoreError>;

    /// Follows changes. A start that is compacted is told here or by the first message.
    async fn watch(&self, request: WatchRequest) -> Result<WatchStream, StoreError>;

    /// Asks every watch of this store that wants progress for a [`crate::WatchResponse::Progress`] at the newest
    /// revision, once it has caught up. Cheap. A watch that is just being made again, or has not caught up, may miss it: who waits
    /// for a revision asks again after a while. The embedded store also sends progress by itself whenever the
    /// revision rises without a change for the watch.
    async fn request_progress(&self) -> Result<(), StoreError>;

    /// Forgets states before `revision`: it can still be read, older ones cannot. Returns when that is durable;
    /// the space is freed later, in small steps.
    ///
    /// # Errors
    /// [`StoreError::Compacted`] when it is compacted up to there already, [`StoreError::FutureRevision`] above the
    /// newest.
    async fn compact(&self, revision: Revision) -> Result<(), StoreError>;

    /// Grants a lease for at least `ttl_seconds` (1 or more). After a restart of the store every lease has its full
    /// time again.
    async fn lease_grant(&self, ttl_seconds: i64) -> Result<Lease, StoreError>;

    /// Gives a lease its full time again.
    ///
    /// # Errors
    /// [`StoreError::LeaseNotFound`] when it ended.
    async fn lease_keep_alive(&self, lease: LeaseId) -> Result<Lease, StoreError>;

    /// Ends a lease and deletes its keys, in one revision.
    ///
    /// # Errors
    /// [`StoreError::LeaseNotFound`] when it ended.
    async fn lease_revoke(&self, lease: LeaseId) -> Result<(), StoreError>;
}
