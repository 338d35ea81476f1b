//! The handle: sends requests to etcd.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use etcd_client::{Client, GetOptions, KvClient, WatchClient};
use tokio::sync::watch::{self, Receiver};

use super::error::{About, Late, Unexpected, translate};
use super::options::EtcdOptions;
use super::{convert, pages};
use crate::limits::check_txn;
use crate::{
    Lease, LeaseId, Op, RangeRequest, RangeResponse, Revision, Store, StoreError, Txn, TxnResponse,
    WatchRequest, WatchStream,
};

/// The largest answer that is read. Pages are far smaller; a watch can bring one transaction of this size.
const LARGEST_ANSWER: usize = 512 << 20;
/// etcd takes requests of 1.5 MiB unless it is told otherwise; its own answer says so more precisely.
const LARGEST_TXN: usize = 64 << 20;

/// A store in etcd. Clones share the connection.
#[derive(Clone)]
pub struct EtcdStore {
    client: Client,
    progress: Arc<watch::Sender<u64>>,
    request_timeout: Duration,
}

impl EtcdStore {
    /// Connects and makes sure that etcd answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not, [`StoreError::Protocol`] when it refuses us.
    pub async fn connect(options: EtcdOptions) -> Result<Self, StoreError> {
        let connecting = Client::connect(&options.endpoints, Some(options.connect_options()));
        let client =
            connecting.await.map_err(|error| translate("connecting to etcd", About::default(), error))?;
        let store = Self {
            client,
            progress: Arc::new(watch::Sender::new(0)),
            request_timeout: options.request_timeout,
        };
        store.head().await?;
        Ok(store)
    }

    pub(crate) fn kv(&self) -> KvClient {
        self.client.kv_client().max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(crate) fn watcher(&self) -> WatchClient {
        self.client.watch_client().max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(crate) fn progress_requests(&self) -> Receiver<u64> {
        self.progress.subscribe()
    }

    /// Awaits an answer, translates its error.
    pub(crate) async fn call<T>(
        &self,
        attempt: &'static str,
        about: About,
        answer: impl Future<Output = Result<T, etcd_client::Error>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.request_timeout, answer).await {
            Ok(answer) => answer.map_err(|error| translate(attempt, about, error)),
            Err(_) => Err(StoreError::Unavailable { attempt, source: Arc::new(Late(self.request_timeout)) }),
        }
    }

    /// The newest revision by a linearizable read of nothing.
    pub(crate) async fn head(&self) -> Result<Revision, StoreError> {
        let mut client = self.kv();
        let read = client.get("\0", Some(GetOptions::new().with_count_only()));
        let answer = self.call("reading the revision", About::default(), read).await?;
        Ok(convert::header(answer.header()))
    }
}

/// What an error of this transaction may name.
fn about(txn: &Txn) -> About {
    let mut about = About::default();
    for op in txn.success.iter().chain(&txn.failure) {
        if let Op::Put { key, value, lease } = op {
            about.bytes += key.len() + value.len();
            about.lease = about.lease.or(*lease);
        }
    }
    about
}

#[async_trait]
impl Store for EtcdStore {
    async fn revision(&self) -> Result<Revision, StoreError> {
        self.head().await
    }

    async fn range(&self, request: RangeRequest) -> Result<RangeResponse, StoreError> {
        pages::range(self, request).await
    }

    async fn txn(&self, txn: Txn) -> Result<TxnResponse, StoreError> {
        check_txn(&txn, LARGEST_TXN)?;
        let about = about(&txn);
        let steps = (txn.success.len(), txn.failure.len());
        let mut client = self.kv();
        let answer = client.txn(convert::txn(txn));
        let response = convert::txn_response(&self.call("running a transaction", about, answer).await?);
        let expected = if response.succeeded { steps.0 } else { steps.1 };
        if response.responses.len() != expected {
            let found = format!("{} answers to {expected} steps", response.responses.len());
            let source = Arc::new(Unexpected(found));
            return Err(StoreError::Protocol { attempt: "running a transaction", source });
        }
        Ok(response)
    }

    async fn watch(&self, request: WatchRequest) -> Result<WatchStream, StoreError> {
        super::watch::watch(self, request).await
    }

    async fn request_progress(&self) -> Result<(), StoreError> {
        self.progress.send_modify(|asked| *asked += 1);
        Ok(())
    }

    async fn compact(&self, revision: Revision) -> Result<(), StoreError> {
        let mut client = self.kv();
        let about = About { revision, ..About::default() };
        let answer = client.compact(convert::number(revision), None);
        match self.call("compacting", about, answer).await {
            Ok(_) => Ok(()),
            Err(StoreError::FutureRevision { requested, .. }) => {
                Err(StoreError::FutureRevision { requested, current: self.head().await? })
            }
            Err(error) => Err(error),
        }
    }

    async fn lease_grant(&self, ttl_seconds: i64) -> Result<Lease, StoreError> {
        if ttl_seconds < 1 {
            return Err(StoreError::Invalid(format!(
                "a lease of {ttl_seconds} seconds: at least 1 is needed"
            )));
        }
        let mut client = self.client.lease_client();
        let answer = client.grant(ttl_seconds, None);
        let granted = self.call("granting a lease", About::default(), answer).await?;
        Ok(Lease { id: LeaseId(granted.id()), ttl_seconds: granted.ttl() })
    }

    async fn lease_keep_alive(&self, lease: LeaseId) -> Result<Lease, StoreError> {
        let mut client = self.client.lease_client();
        // The first answer of the stream is taken by the client library, which keeps its TTL to itself.
        let renewed = async {
            let (mut keeper, mut answers) = client.keep_alive(lease.0).await?;
            keeper.keep_alive().await?;
            Ok(answers.message().await?.map_or(0, |answer| answer.ttl()))
        };
        let about = About { lease: Some(lease), ..About::default() };
        match self.call("renewing a lease", about, renewed).await? {
            0 => Err(StoreError::LeaseNotFound { id: lease }),
            ttl_seconds => Ok(Lease { id: lease, ttl_seconds }),
        }
    }

    async fn lease_revoke(&self, lease: LeaseId) -> Result<(), StoreError> {
        let mut client = self.client.lease_client();
        let about = About { lease: Some(lease), ..About::default() };
        self.call("revoking a lease", about, client.revoke(lease.0)).await.map(drop)
    }
}
