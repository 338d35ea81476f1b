//! One batch: the waiting requests, expired leases and a bounded step of compaction, in one durable commit.

use std::time::Instant;

use redb::{Database, WriteTransaction};
use tokio::sync::oneshot;

use super::apply::{self, ApplyError};
use super::garbage::Garbage;
use super::index::Index;
use super::leases::Leases;
use super::ring::Changes;
use super::shared::Published;
use super::tables::{COMPACTED, LAST_LEASE, Tables, failed};
use crate::{Lease, LeaseId, Revision, StoreError, Txn, TxnResponse};

/// Everything the store knows besides values. Owned by the committing thread.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) head: Revision,
    pub(crate) compacted: Revision,
    pub(crate) index: Index,
    pub(crate) garbage: Garbage,
    pub(crate) leases: Leases,
    pub(crate) last_lease: u64,
}

impl State {
    /// What readers may see of it. Cheap.
    pub(crate) fn published(&self) -> Published {
        Published { head: self.head, compacted: self.compacted, index: self.index.clone() }
    }
}

/// Where the answer to a request goes.
pub(crate) type ReplyTo<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the committing thread is asked to do.
pub(crate) enum Request {
    Txn(Txn, ReplyTo<TxnResponse>),
    Compact(Revision, ReplyTo<()>),
    Grant(i64, ReplyTo<Lease>),
    KeepAlive(LeaseId, ReplyTo<Lease>),
    Revoke(LeaseId, ReplyTo<()>),
    Close(ReplyTo<()>),
}

impl Request {
    /// Answers with an error. Nobody may be listening any more.
    pub(crate) fn refuse(self, error: StoreError) {
        match self {
            Self::Txn(_, to) => drop(to.send(Err(error))),
            Self::Compact(_, to) | Self::Revoke(_, to) | Self::Close(to) => drop(to.send(Err(error))),
            Self::Grant(_, to) | Self::KeepAlive(_, to) => drop(to.send(Err(error))),
        }
    }
}

/// An answer that waits for the commit.
enum Reply {
    Txn(ReplyTo<TxnResponse>, Result<TxnResponse, StoreError>),
    Done(ReplyTo<()>, Result<(), StoreError>),
    Lease(ReplyTo<Lease>, Result<Lease, StoreError>),
}

/// The answers of a batch.
#[derive(Default)]
pub(crate) struct Replies(Vec<Reply>);

impl Replies {
    /// Gives the answers, or this error to everybody.
    pub(crate) fn send(self, failure: Option<&StoreError>) {
        for reply in self.0 {
            // A receiver that is gone has stopped waiting.
            match reply {
                Reply::Txn(to, result) => drop(to.send(failure.cloned().map_or(result, Err))),
                Reply::Done(to, result) => drop(to.send(failure.cloned().map_or(result, Err))),
                Reply::Lease(to, result) => drop(to.send(failure.cloned().map_or(result, Err))),
            }
        }
    }
}

/// What a batch did, once it is durable.
pub(crate) struct Outcome {
    pub(crate) changes: Vec<Changes>,
    /// Whether the published state is to be replaced.
    pub(crate) dirty: bool,
}

/// Runs a batch. On an error nothing of it is (known to be) on disk and `state` is of no use any more; `requests`
/// keeps the ones that were not reached.
pub(crate) fn run(
    db: &Database,
    state: &mut State,
    requests: &mut std::vec::IntoIter<Request>,
    replies: &mut Replies,
    compaction_step: usize,
    now: Instant,
) -> Result<Outcome, StoreError> {
    let write = db.begin_write().map_err(|error| failed("beginning to write")(error.into()))?;
    let Outcome { changes, dirty } = fill(&write, state, requests, replies, compaction_step, now)?;
    if dirty {
        write.commit().map_err(|error| failed("committing")(error.into()))?;
    } else {
        write.abort().map_err(|error| failed("ending a transaction without changes")(error.into()))?;
    }
    Ok(Outcome { changes, dirty })
}

fn fill(
    write: &WriteTransaction,
    state: &mut State,
    requests: &mut std::vec::IntoIter<Request>,
    replies: &mut Replies,
    compaction_step: usize,
    now: Instant,
) -> Result<Outcome, StoreError> {
    let mut batch = Batch::open(write, state, replies)?;
    let due_to = batch.state.compacted;
    for request in requests {
        batch.request(request, now)?;
    }
    batch.expire(now)?;
    batch.free(due_to, compaction_step)?;
    Ok(Outcome { changes: batch.changes, dirty: batch.dirty })
}

struct Batch<'b> {
    state: &'b mut State,
    tables: Tables<'b>,
    replies: &'b mut Replies,
    changes: Vec<Changes>,
    dirty: bool,
}

impl<'b> Batch<'b> {
    fn open(
        write: &'b WriteTransaction,
        state: &'b mut State,
        replies: &'b mut Replies,
    ) -> Result<Self, StoreError> {
        let tables = Tables::open(write).map_err(failed("opening the tables"))?;
        Ok(Self { state, tables, replies, changes: Vec::new(), dirty: false })
    }

    /// Does one request. Its answer is queued even where the file fails, so that nobody waits for ever.
    fn request(&mut self, request: Request, now: Instant) -> Result<(), StoreError> {
        match request {
            Request::Txn(txn, to) => match apply::apply(self.state, &mut self.tables, txn) {
                Ok((response, changes)) => {
                    self.record(changes);
                    self.replies.0.push(Reply::Txn(to, Ok(response)));
                }
                Err(ApplyError::Refused(error)) => self.replies.0.push(Reply::Txn(to, Err(error))),
                Err(ApplyError::Fatal(error)) => {
                    self.replies.0.push(Reply::Txn(to, Err(error.clone())));
                    return Err(error);
                }
            },
            Request::Compact(revision, to) => {
                let result = self.compact(revision)?;
                self.replies.0.push(Reply::Done(to, result));
            }
            Request::Grant(ttl_seconds, to) => {
                let lease = self.grant(ttl_seconds, now)?;
                self.replies.0.push(Reply::Lease(to, Ok(lease)));
            }
            Request::KeepAlive(id, to) => {
                let result = self.state.leases.renew(id, now).ok_or(StoreError::LeaseNotFound { id });
                self.replies.0.push(Reply::Lease(to, result));
            }
            Request::Revoke(id, to) => {
                let found = self.end_lease(id)?;
                let result = if found { Ok(()) } else { Err(StoreError::LeaseNotFound { id }) };
                self.replies.0.push(Reply::Done(to, result));
            }
            Request::Close(to) => self.replies.0.push(Reply::Done(to, Ok(()))),
        }
        Ok(())
    }

    fn record(&mut self, changes: Option<Changes>) {
        if let Some(changes) = changes {
            self.dirty = true;
            self.changes.push(changes);
        }
    }

    fn compact(&mut self, requested: Revision) -> Result<Result<(), StoreError>, StoreError> {
        let (compacted, current) = (self.state.compacted, self.state.head);
        if requested <= compacted {
            return Ok(Err(StoreError::Compacted { requested, compacted }));
        }
        if requested > current {
            return Ok(Err(StoreError::FutureRevision { requested, current }));
        }
        self.tables.set(COMPACTED, requested).map_err(failed("writing a compaction"))?;
        self.state.compacted = requested;
        self.dirty = true;
        Ok(Ok(()))
    }

    fn grant(&mut self, ttl_seconds: i64, now: Instant) -> Result<Lease, StoreError> {
        let number = self.state.last_lease + 1;
        let lease = Lease { id: LeaseId(i64::try_from(number).unwrap_or(i64::MAX)), ttl_seconds };
        self.tables.set(LAST_LEASE, number).map_err(failed("writing a lease"))?;
        self.tables.set_lease(lease.id, ttl_seconds).map_err(failed("writing a lease"))?;
        self.state.last_lease = number;
        self.state.leases.grant(lease, now);
        self.dirty = true;
        Ok(lease)
    }

    /// Ends a lease and deletes its keys; whether there was such a lease.
    fn end_lease(&mut self, id: LeaseId) -> Result<bool, StoreError> {
        let Some(keys) = self.state.leases.remove(id) else { return Ok(false) };
        self.tables.leases.remove(id.0).map_err(|error| failed("ending a lease")(error.into()))?;
        self.dirty = true;
        let changes = apply::delete_keys(self.state, &mut self.tables, keys)?;
        self.record(changes);
        Ok(true)
    }

    fn expire(&mut self, now: Instant) -> Result<(), StoreError> {
        while let Some(id) = self.state.leases.expired(now) {
            tracing::debug!(lease = %id, "a lease expired");
            self.end_lease(id)?;
        }
        Ok(())
    }

    /// Frees some versions that no revision from `compacted` on needs. `compacted` is a compaction that readers
    /// know already, so that none of them looks for what goes.
    fn free(&mut self, compacted: Revision, count: usize) -> Result<(), StoreError> {
        for _ in 0..count {
            let Some((key, revision)) = self.state.garbage.next(compacted) else { break };
            if let Some(at) = self.state.index.remove(&key, revision) {
                self.tables.log.remove(at).map_err(|error| failed("freeing a version")(error.into()))?;
                self.dirty = true;
            }
        }
        Ok(())
    }
}
