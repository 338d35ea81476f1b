//! How much history a store keeps: everything younger than some time, as kube-apiserver does it with etcd.
//!
//! Revisions carry no time, so the head is noted now and then; what was the head long enough ago may be forgotten.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Revision, Store, StoreError};

/// How many times the head is noted within the time that is kept.
const SAMPLES: u32 = 5;

/// Decides up to where a store may be compacted. Pure.
#[derive(Clone, Debug)]
pub struct Retention {
    keep: Duration,
    samples: VecDeque<(Instant, Revision)>,
}

impl Retention {
    /// Keeps the history of at least this time.
    pub fn new(keep: Duration) -> Self {
        Self { keep, samples: VecDeque::new() }
    }

    /// Notes the head; gives the revision to compact to, if the head has passed one long enough ago.
    ///
    /// States from that revision on stay readable, so a watch that saw everything `keep` ago can go on.
    pub fn observe(&mut self, now: Instant, head: Revision) -> Option<Revision> {
        let mut due = None;
        while let Some((noted, revision)) = self.samples.front() {
            if now.saturating_duration_since(*noted) < self.keep {
                break;
            }
            due = Some(*revision);
            self.samples.pop_front();
        }
        self.samples.push_back((now, head));
        due
    }
}

/// Compacts `store` for ever so that it keeps the history of at least `keep`. Errors are logged and tried again; ends
/// when the store is closed. Several processes may do this with the same store.
pub async fn keep_history(store: Arc<dyn Store>, keep: Duration) {
    let mut retention = Retention::new(keep);
    let mut ticks = tokio::time::interval((keep / SAMPLES).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match compact_once(&*store, &mut retention).await {
            // Another process was faster, or nothing has happened since.
            Ok(()) | Err(StoreError::Compacted { .. }) => {}
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the store could not be compacted");
            }
        }
    }
}

async fn compact_once(store: &dyn Store, retention: &mut Retention) -> Result<(), StoreError> {
    let head = store.revision().await?;
    match retention.observe(Instant::now(), head) {
        Some(revision) => store.compact(revision).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmbeddedStore, KeyRange, RangeRequest, Txn};

    #[test]
    fn nothing_younger_than_the_time_kept_is_forgotten() {
        let start = Instant::now();
        let mut retention = Retention::new(Duration::from_secs(60));
        let mut at = |seconds, head| retention.observe(start + Duration::from_secs(seconds), head);
        assert_eq!(at(0, 10), None);
        assert_eq!(at(30, 20), None);
        assert_eq!(at(59, 30), None);
        assert_eq!(at(60, 40), Some(10));
        assert_eq!(at(89, 50), None);
        assert_eq!(at(120, 60), Some(40), "the newest that is old enough");
        assert_eq!(at(121, 60), None);
    }

    #[tokio::test]
    async fn a_store_forgets_and_the_task_ends_with_it() {
        let store = EmbeddedStore::in_memory().expect("a new store");
        let first = store.txn(Txn::put("a", "1")).await.expect("a put").revision;
        let keeping = tokio::spawn(keep_history(Arc::new(store.clone()), Duration::from_millis(20)));
        let old = || store.range(RangeRequest::new(KeyRange::all()).at(first));
        while old().await.is_ok() {
            store.txn(Txn::put("a", "2")).await.expect("a put");
            tokio::task::yield_now().await;
        }
        assert!(matches!(old().await, Err(StoreError::Compacted { .. })));
        store.close().await;
        keeping.await.expect("the task ends");
    }
}
