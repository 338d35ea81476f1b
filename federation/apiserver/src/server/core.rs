//! What every request works on: the store, the kinds with their caches, and the settings.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use federation_store::{KeyRange, RangeRequest, Store};
use tokio_util::sync::CancellationToken;

use super::leases::Leases;
use super::options::Options;
use super::review::Review;
use crate::cache::feed::{Feed, Observer};
use crate::cache::keys;
use crate::metrics::Metrics;
use crate::read::kind::Kind;
use crate::resource::{Admission, Resource};
use crate::status::{ApiError, ApiResult};

/// How long a consistent read waits for the cache before it gives up.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a read waits for a version that the server has not reached: upstream's `blockTimeout`.
const AHEAD: Duration = Duration::from_secs(3);

/// The shared heart of a server.
pub(crate) struct Core {
    /// Where objects are kept.
    pub(crate) store: Arc<dyn Store>,
    /// The caches and their feed.
    pub(crate) feed: Arc<Feed>,
    /// Kinds by group, then plural.
    kinds: HashMap<String, HashMap<String, Arc<Kind>>>,
    /// All kinds in the order they were given.
    pub(crate) resources: Vec<Arc<Resource>>,
    /// Asked before each write, in order.
    pub(crate) admissions: Vec<Arc<dyn Admission>>,
    /// Who answers kinds that are never stored, by `GROUP/PLURAL`.
    pub(crate) reviews: BTreeMap<String, Arc<dyn Review>>,
    /// Leases of objects that vanish by themselves.
    pub(crate) leases: Leases,
    /// Counters and histograms.
    pub(crate) metrics: Metrics,
    /// Settings.
    pub(crate) options: Options,
    /// Cancelled when the server drains: watches end.
    pub(crate) draining: CancellationToken,
}

/// An object as the store has it now.
pub(crate) struct Stored {
    /// The stored bytes, without a resourceVersion.
    pub(crate) value: bytes::Bytes,
    /// The version.
    pub(crate) revision: u64,
}

impl Core {
    /// Puts the parts together; the caches are still empty.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        resources: Vec<Arc<Resource>>,
        admissions: Vec<Arc<dyn Admission>>,
        observer: Arc<dyn Observer>,
        options: Options,
    ) -> Self {
        let stored: Vec<_> = resources.iter().filter(|r| Kind::is_stored(r)).cloned().collect();
        let feed = Arc::new(Feed::new(&stored, observer));
        let mut kinds: HashMap<String, HashMap<String, Arc<Kind>>> = HashMap::new();
        for resource in &resources {
            let kind = Arc::new(Kind::new(resource.clone(), &feed, &resources));
            kinds.entry(resource.group.clone()).or_default().insert(resource.plural.clone(), kind);
        }
        Self {
            store,
            feed,
            kinds,
            resources,
            admissions,
            reviews: BTreeMap::new(),
            leases: Leases::default(),
            metrics: Metrics::new(),
            options,
            draining: CancellationToken::new(),
        }
    }

    /// The kind at a path; `None` when nothing is served there.
    pub(crate) fn kind(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Kind>> {
        self.kinds.get(group)?.get(plural).filter(|kind| kind.resource.version == version)
    }

    /// All kinds.
    pub(crate) fn all_kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.kinds.values().flat_map(HashMap::values)
    }

    /// Waits until the caches hold everything acknowledged before this call, and returns the revision they
    /// have reached. Errors: 500 from the store, 504 when the feed does not get there.
    pub(crate) async fn newest(&self) -> ApiResult<u64> {
        let head = self.store.revision().await.map_err(ApiError::internal)?;
        if self.feed.reached() < head {
            self.store.request_progress().await.map_err(ApiError::internal)?;
            if !self.feed.wait_for(head, PATIENCE).await {
                let reached = self.feed.reached();
                const WHY: &str = "the cache has not caught up with the store";
                return Err(ApiError::timeout(format!("{WHY}: revision {reached} of {head}"), 1));
            }
        }
        Ok(self.feed.reached())
    }

    /// Waits until the caches have reached `revision`. Errors: 504 `ResourceVersionTooLarge`.
    pub(crate) async fn at_least(&self, revision: u64) -> ApiResult<u64> {
        if self.feed.reached() < revision {
            self.store.request_progress().await.map_err(ApiError::internal)?;
            if !self.feed.wait_for(revision, AHEAD).await {
                return Err(ApiError::resource_version_too_large(revision, self.feed.reached()));
            }
        }
        Ok(self.feed.reached())
    }

    /// The object as it is in the store now: from the cache when that is known to be current, else from the
    /// store, so that no write is refused because of an old state.
    pub(crate) async fn current(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> ApiResult<Option<Stored>> {
        let head = self.store.revision().await.map_err(ApiError::internal)?;
        if self.feed.reached() >= head {
            let entry = kind.cache.get(&keys::local(namespace, name));
            return Ok(entry.map(|entry| Stored { value: entry.stored().clone(), revision: entry.revision }));
        }
        self.read_from_store(kind, namespace, name).await
    }

    /// The object as it is in the store now.
    pub(crate) async fn read_from_store(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> ApiResult<Option<Stored>> {
        let range = KeyRange::key(keys::key(&kind.stored, namespace, name));
        let found = self.store.range(RangeRequest::new(range)).await.map_err(ApiError::internal)?;
        let first = found.kvs.into_iter().next();
        Ok(first.map(|kv| Stored { value: kv.value, revision: kv.mod_revision }))
    }

    /// Now, in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        jiff::Timestamp::now().as_second()
    }
}
