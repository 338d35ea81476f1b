//! The handle: opens the store and passes requests on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use async_trait::async_trait;
use parking_lot::Mutex;
use redb::backends::InMemoryBackend;
use redb::{Database, StorageBackend};
use tokio::sync::oneshot;

use super::batch::{ReplyTo, Request};
use super::committer::Committer;
use super::options::Options;
use super::shared::Shared;
use super::{backup, file, load, read, watch};
use crate::limits::check_txn;
use crate::{
    Lease, LeaseId, RangeRequest, RangeResponse, Revision, Store, StoreError, Txn, TxnResponse, WatchRequest,
    WatchStream,
};

/// A store in one file, or in memory, of this process alone. Clones are handles to the same store; when the last one
/// is dropped, what was asked is finished and the file is closed.
#[derive(Clone)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    requests: mpsc::Sender<Request>,
    thread: Mutex<Option<JoinHandle<()>>>,
    options: Options,
}

impl EmbeddedStore {
    /// Opens the store at `path`, or creates it (file mode 0600, a new folder 0700). Reads the whole log, so it
    /// blocks for a while; call it before serving.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process (or this one) has it open, [`StoreError::File`] and
    /// [`StoreError::Corrupt`] when it cannot be read.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, StoreError> {
        Self::start(file::open(path.as_ref(), &options)?, options)
    }

    /// Opens or creates the store in any storage backend; tests inject faults this way.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`].
    pub fn open_backend(backend: Box<dyn StorageBackend>, options: Options) -> Result<Self, StoreError> {
        let db = file::open_backend(backend, &options, Path::new("(storage backend)"))?;
        Self::start(db, options)
    }

    /// A new store in memory: the same code without the disk, gone with the process.
    ///
    /// # Errors
    /// [`StoreError::File`] when the thread cannot be started.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::open_backend(Box::new(InMemoryBackend::new()), Options::in_memory())
    }

    fn start(db: Database, options: Options) -> Result<Self, StoreError> {
        let state = load::load(&db, Instant::now())?;
        let shared = Arc::new(Shared::new(db, state.published(), options.recent_bytes));
        let (requests, receiver) = mpsc::channel();
        let committer = Committer::new(Arc::clone(&shared), state, receiver, options.clone());
        let thread = std::thread::Builder::new()
            .name("store-commit".into())
            .spawn(move || committer.run())
            .map_err(file::cannot("start the committing thread of", Path::new("the store")))?;
        let inner = Inner { shared, requests, thread: Mutex::new(Some(thread)), options };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Copies the newest state into a new file at `to` while the store runs; gives its revision. The copy is a store
    /// that [`EmbeddedStore::open`] opens.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when `to` exists, [`StoreError::File`] when it cannot be written.
    pub async fn backup(&self, to: impl Into<PathBuf>) -> Result<Revision, StoreError> {
        let (shared, to) = (Arc::clone(&self.inner.shared), to.into());
        tokio::task::spawn_blocking(move || backup::backup(&shared, &to))
            .await
            .map_err(|_| StoreError::Closed)?
    }

    /// Gives the unused space of a closed store's file back to the file system; whether there was any. Rewrites the
    /// file, so it is for a store that nobody has open.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`].
    pub fn shrink(path: impl AsRef<Path>) -> Result<bool, StoreError> {
        file::shrink(path.as_ref())
    }

    /// Finishes what was asked, then refuses everything with [`StoreError::Closed`] and ends all watches. The file
    /// is released with the last handle.
    pub async fn close(&self) {
        // An error means that it is closed already.
        let _ = self.ask(Request::Close).await;
    }

    async fn ask<T>(&self, request: impl FnOnce(ReplyTo<T>) -> Request) -> Result<T, StoreError> {
        let (to, reply) = oneshot::channel();
        self.inner.requests.send(request(to)).map_err(|_| StoreError::Closed)?;
        reply.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let (to, _) = oneshot::channel();
        // An error means that the thread has ended already.
        let _ = self.requests.send(Request::Close(to));
        if let Some(thread) = self.thread.get_mut().take()
            && thread.join().is_err()
        {
            tracing::error!("the committing thread panicked");
        }
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn revision(&self) -> Result<Revision, StoreError> {
        // A write is published before it is acknowledged, so this is as new as any acknowledged write. Once the store
        // has failed, nobody knows whether the last writes are there, so there is no newest revision to tell.
        match self.inner.shared.ended() {
            Some(error) => Err(error),
            None => Ok(self.inner.shared.head()),
        }
    }

    async fn range(&self, request: RangeRequest) -> Result<RangeResponse, StoreError> {
        read::range(&self.inner.shared, request).await
    }

    async fn txn(&self, txn: Txn) -> Result<TxnResponse, StoreError> {
        check_txn(&txn, self.inner.options.max_txn_bytes)?;
        self.ask(|to| Request::Txn(txn, to)).await
    }

    async fn watch(&self, request: WatchRequest) -> Result<WatchStream, StoreError> {
        watch::watch(&self.inner.shared, request)
    }

    async fn request_progress(&self) -> Result<(), StoreError> {
        self.inner.shared.ask_progress();
        Ok(())
    }

    async fn compact(&self, revision: Revision) -> Result<(), StoreError> {
        self.ask(|to| Request::Compact(revision, to)).await
    }

    async fn lease_grant(&self, ttl_seconds: i64) -> Result<Lease, StoreError> {
        if ttl_seconds < 1 {
            return Err(StoreError::Invalid(format!(
                "a lease of {ttl_seconds} seconds: at least 1 is needed"
            )));
        }
        self.ask(|to| Request::Grant(ttl_seconds, to)).await
    }

    async fn lease_keep_alive(&self, lease: LeaseId) -> Result<Lease, StoreError> {
        self.ask(|to| Request::KeepAlive(lease, to)).await
    }

    async fn lease_revoke(&self, lease: LeaseId) -> Result<(), StoreError> {
        self.ask(|to| Request::Revoke(lease, to)).await
    }
}
