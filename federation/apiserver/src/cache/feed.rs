//! The task that fills the cache from the store's watch, and the revision it has reached.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use federation_store::{
    Event as StoreEvent, EventKind, KeyRange, KeyValue, RangeRequest, Store, StoreError, WatchRequest,
    WatchResponse,
};
use futures::StreamExt;
use tokio::sync::watch;

use super::entry::{Entry, Item, Objects};
use super::keys;
use super::kind::KindCache;
use crate::resource::Resource;

/// Keys that are read from the store at once.
const PAGE: usize = 2000;
/// How long a start or resume of the watch waits after a failure of the store.
const PAUSE: Duration = Duration::from_millis(200);
/// How often kinds without events are tidied.
const TIDY: Duration = Duration::from_secs(15);

/// Told about every object before a read can see it.
pub(crate) trait Observer: Send + Sync + 'static {
    /// `object` is its stored bytes now, `None` when it is gone; `kind_path` is `GROUP/PLURAL`.
    fn changed(&self, kind_path: &str, local: &str, object: Option<&Bytes>);
}

/// The caches of all kinds and how far they are.
pub(crate) struct Feed {
    kinds: HashMap<String, Arc<KindCache>>,
    observer: Arc<dyn Observer>,
    reached: watch::Sender<u64>,
    began: Instant,
}

/// The caches could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The store did not give the objects.
    #[error("read the objects from the store")]
    Store(#[from] StoreError),
}

impl Feed {
    /// Caches for these kinds, empty.
    pub(crate) fn new(resources: &[Arc<Resource>], observer: Arc<dyn Observer>) -> Self {
        let kinds = resources.iter().map(|r| (keys::kind_path(r), Arc::new(KindCache::new(r)))).collect();
        Self { kinds, observer, reached: watch::Sender::new(0), began: Instant::now() }
    }

    /// The cache of `GROUP/PLURAL`.
    pub(crate) fn by_path(&self, path: &str) -> Option<&Arc<KindCache>> {
        self.kinds.get(path)
    }

    /// The cache of a kind.
    pub(crate) fn kind(&self, resource: &Resource) -> Option<&Arc<KindCache>> {
        self.kinds.get(&keys::kind_path(resource))
    }

    /// The revision up to which every event of the store is in the caches.
    pub(crate) fn reached(&self) -> u64 {
        *self.reached.borrow()
    }

    /// Seconds since the caches were made; the clock of their rings.
    pub(crate) fn seconds(&self) -> u64 {
        self.began.elapsed().as_secs()
    }

    /// Waits until the caches hold everything up to `revision`; `false` when `patience` ends before.
    pub(crate) async fn wait_for(&self, revision: u64, patience: Duration) -> bool {
        if self.reached() >= revision {
            return true;
        }
        let mut reached = self.reached.subscribe();
        let wait = reached.wait_for(|now| *now >= revision);
        matches!(tokio::time::timeout(patience, wait).await, Ok(Ok(_)))
    }

    /// Loads the state as it was `history` revisions ago, or as far back as the store reads; the watch then
    /// brings it up to now, and fills the rings on the way, so that watchers resume over a restart.
    pub(crate) async fn load(&self, store: &dyn Store, history: u64) -> Result<(), FeedError> {
        let head = store.revision().await?;
        let mut from = head.saturating_sub(history).max(1);
        loop {
            match self.load_at(store, from).await {
                Ok(()) => break,
                Err(StoreError::Compacted { compacted, .. }) if compacted > from => from = compacted,
                Err(StoreError::Compacted { .. }) => from = store.revision().await?,
                Err(error) => return Err(error.into()),
            }
        }
        self.reached.send_replace(from);
        Ok(())
    }

    async fn load_at(&self, store: &dyn Store, revision: u64) -> Result<(), StoreError> {
        let mut all = self.read(store, keys::ROOT, revision).await?;
        for (path, kind) in &self.kinds {
            let objects = all.remove(path).unwrap_or_default();
            for item in &objects {
                self.observer.changed(path, item.0.key(), Some(item.0.stored()));
            }
            kind.begin(objects, revision);
        }
        Ok(())
    }

    /// The objects of a kind as the store has them at `revision`, for versions that the ring has lost.
    ///
    /// # Errors
    /// The revision is compacted or in the future, or the store fails.
    pub(crate) async fn read_kind(
        &self,
        store: &dyn Store,
        resource: &Resource,
        revision: u64,
    ) -> Result<Objects, StoreError> {
        let mut all = self.read(store, &keys::prefix(resource), revision).await?;
        Ok(all.remove(&keys::kind_path(resource)).unwrap_or_default())
    }

    async fn read(
        &self,
        store: &dyn Store,
        prefix: &str,
        revision: u64,
    ) -> Result<HashMap<String, Objects>, StoreError> {
        let whole = KeyRange::prefix(prefix.to_owned());
        let end = whole.end.clone().unwrap_or_default();
        let mut start = whole.start;
        let mut all: HashMap<String, Objects> = HashMap::new();
        loop {
            let range = KeyRange::interval(start, end.clone());
            let page = store.range(RangeRequest::new(range).limit(PAGE).at(revision)).await?;
            for kv in &page.kvs {
                self.take_in(&mut all, kv);
            }
            match page.kvs.last() {
                Some(last) if page.more => start = after(&last.key),
                _ => return Ok(all),
            }
        }
    }

    fn take_in(&self, all: &mut HashMap<String, Objects>, kv: &KeyValue) {
        let Some((path, local)) = keys::split(&kv.key) else { return };
        let Some(kind) = self.kinds.get(path) else { return };
        match Entry::new(local, kv.value.clone(), kv.mod_revision, &kind.paths) {
            Ok(entry) => {
                let objects = match all.get_mut(path) {
                    Some(objects) => objects,
                    None => all.entry(path.to_owned()).or_default(),
                };
                objects.insert(Item(Arc::new(entry)));
            }
            Err(error) => {
                tracing::error!(key = local, %error, "an object in the store is not readable and is left out");
            }
        }
    }

    /// Follows the store for ever; run it as a task after [`Feed::load`] and abort it to stop.
    pub(crate) async fn run(&self, store: Arc<dyn Store>) {
        loop {
            match self.follow(&*store).await {
                Ok(()) => tracing::debug!("the store ended its watch; resuming"),
                Err(StoreError::Closed) => return,
                Err(StoreError::Compacted { compacted, .. }) => {
                    tracing::warn!(compacted, "the watch fell behind compaction; reading the state again");
                    if let Err(error) = self.catch_up(&*store).await {
                        tracing::warn!(%error, "could not read the state again");
                    }
                }
                Err(error) => tracing::warn!(%error, "the store's watch failed; resuming"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn follow(&self, store: &dyn Store) -> Result<(), StoreError> {
        let request =
            WatchRequest::new(KeyRange::prefix(keys::ROOT)).starting_at(self.reached() + 1).with_progress();
        let mut stream = store.watch(request).await?;
        let mut tidy = tokio::time::interval(TIDY);
        loop {
            tokio::select! {
                message = stream.next() => match message {
                    Some(Ok(message)) => self.take_message(message),
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
                _ = tidy.tick() => {
                    let now = self.seconds();
                    self.kinds.values().for_each(|kind| kind.tidy(now));
                }
            }
        }
    }

    fn take_message(&self, message: WatchResponse) {
        let revision = message.revision();
        if let WatchResponse::Events { events, .. } = message {
            self.apply(events);
        }
        self.reached.send_if_modified(|reached| {
            let higher = revision > *reached;
            *reached = revision.max(*reached);
            higher
        });
    }

    /// Applies events run by run of one kind: usually the whole message, or one event.
    fn apply(&self, events: Vec<StoreEvent>) {
        let now = self.seconds();
        let mut by_kind: Vec<(&str, Vec<(&str, &StoreEvent)>)> = Vec::new();
        for event in &events {
            let Some((path, local)) = keys::split(&event.kv.key) else { continue };
            match by_kind.iter_mut().find(|(other, _)| *other == path) {
                Some((_, run)) => run.push((local, event)),
                None => by_kind.push((path, vec![(local, event)])),
            }
        }
        for (path, run) in by_kind {
            self.apply_run(path, run, now);
        }
    }

    fn apply_run(&self, path: &str, run: Vec<(&str, &StoreEvent)>, now: u64) {
        let Some(kind) = self.kinds.get(path) else { return };
        for (local, event) in &run {
            self.observer.changed(path, local, (event.kind == EventKind::Put).then_some(&event.kv.value));
        }
        kind.apply(run.into_iter(), now);
    }

    /// After a gap: reads the newest state and makes events of what differs.
    async fn catch_up(&self, store: &dyn Store) -> Result<(), StoreError> {
        let revision = store.revision().await?;
        let mut all = self.read(store, keys::ROOT, revision).await?;
        let now = self.seconds();
        for (path, kind) in &self.kinds {
            let events = kind.difference(&all.remove(path).unwrap_or_default(), revision);
            let run = events.iter().map(|(local, event)| (local.as_str(), event)).collect();
            self.apply_run(path, run, now);
        }
        self.reached.send_replace(revision);
        Ok(())
    }
}

fn after(key: &Bytes) -> Bytes {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next.into()
}

/// The range of local keys of a namespace inside [`Objects`]: `ns/` to `ns0`.
pub(crate) fn namespace_bounds(namespace: &str) -> (String, String) {
    (format!("{namespace}/"), format!("{namespace}0"))
}

/// The objects from `start` on, inside a namespace when one is given.
pub(crate) fn walk<'a>(
    objects: &'a Objects,
    start: Bound<&'a str>,
    end: Bound<&'a str>,
) -> impl Iterator<Item = &'a Arc<Entry>> {
    objects.range::<_, str>((start, end)).map(|item| &item.0)
}
