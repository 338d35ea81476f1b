//! What every store must do. One file per subject; each test gets an empty store and a prefix of its own, so the
//! suite also runs against an etcd that others use.

pub(crate) mod compaction;
pub(crate) mod concurrency;
pub(crate) mod lease;
pub(crate) mod range;
pub(crate) mod txn;
pub(crate) mod watch;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use federation_store::{
    Event, EventKind, KeyRange, RangeRequest, Revision, Store, StoreError, Txn, WatchResponse, WatchStream,
};
use futures::StreamExt;

/// Longer than anything here takes on a busy machine; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store under test and where in it the test lives.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) prefix: String,
    /// What must live as long as the store, a server process for example.
    _kept: Option<Arc<dyn Any + Send + Sync>>,
}

impl Subject {
    pub(crate) fn new(store: Arc<dyn Store>, prefix: impl Into<String>) -> Self {
        Self { store, prefix: prefix.into(), _kept: None }
    }

    /// The same, keeping something alive.
    #[allow(dead_code, reason = "not every store needs a server")]
    pub(crate) fn keeping(self, kept: impl Send + Sync + 'static) -> Self {
        Self { _kept: Some(Arc::new(kept)), ..self }
    }

    /// A key of this test.
    pub(crate) fn key(&self, name: &str) -> Bytes {
        Bytes::from(format!("{}{name}", self.prefix))
    }

    /// All keys of this test.
    pub(crate) fn everything(&self) -> KeyRange {
        KeyRange::prefix(self.prefix.clone())
    }

    /// The name of a key without the prefix.
    pub(crate) fn name(&self, key: &[u8]) -> String {
        String::from_utf8_lossy(key).trim_start_matches(&self.prefix).to_owned()
    }

    /// Writes a value; its revision.
    pub(crate) async fn put(&self, name: &str, value: &str) -> Revision {
        let txn = Txn::put(self.key(name), value.to_owned());
        self.store.txn(txn).await.expect("a put").revision
    }

    /// Deletes a key; the revision after.
    pub(crate) async fn delete(&self, name: &str) -> Revision {
        self.store.txn(Txn::delete(self.key(name))).await.expect("a delete").revision
    }

    /// `name=value@mod_revision`, for all keys, relative to `base`.
    pub(crate) async fn listed(&self, at: Option<Revision>) -> Vec<(String, String)> {
        let request = RangeRequest { revision: at, ..RangeRequest::new(self.everything()) };
        let response = self.store.range(request).await.expect("a range");
        response.kvs.iter().map(|kv| (self.name(&kv.key), text(&kv.value))).collect()
    }

    /// An event as text: `put a=1` or `delete a`.
    pub(crate) fn told(&self, event: &Event) -> String {
        match event.kind {
            EventKind::Put => format!("put {}={}", self.name(&event.kv.key), text(&event.kv.value)),
            EventKind::Delete => format!("delete {}", self.name(&event.kv.key)),
        }
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The next message of a watch.
pub(crate) async fn next(watch: &mut WatchStream) -> Result<WatchResponse, StoreError> {
    tokio::time::timeout(PATIENCE, watch.next()).await.expect("a message in time").expect("the watch goes on")
}

/// The next `count` events, whatever messages they come in. Checks that no message splits a revision and that
/// revisions rise.
pub(crate) async fn events(watch: &mut WatchStream, count: usize) -> Vec<Event> {
    let mut all: Vec<Event> = Vec::new();
    while all.len() < count {
        if let WatchResponse::Events { revision, events } = next(watch).await.expect("events") {
            let first = events.first().expect("a message has events").kv.mod_revision;
            if let Some(last) = all.last() {
                assert!(first > last.kv.mod_revision, "revision {first} came in two messages");
            }
            assert!(events.windows(2).all(|pair| pair[0].kv.mod_revision <= pair[1].kv.mod_revision));
            assert!(events.last().expect("a message has events").kv.mod_revision <= revision);
            all.extend(events);
        }
    }
    assert_eq!(all.len(), count, "more events than expected: {all:?}");
    all
}

/// Waits for progress up to at least `revision`; fails on events.
pub(crate) async fn progress(subject: &Subject, watch: &mut WatchStream, revision: Revision) {
    loop {
        subject.store.request_progress().await.expect("asking for progress");
        let message = tokio::time::timeout(Duration::from_millis(200), watch.next()).await;
        match message.map(|message| message.expect("the watch goes on").expect("progress")) {
            Ok(WatchResponse::Progress { revision: told }) if told >= revision => return,
            Ok(WatchResponse::Progress { .. }) | Err(_) => {}
            Ok(message) => panic!("only progress was expected: {message:?}"),
        }
    }
}

/// Runs every subject of the suite against stores made by `$make` (an async fn from a test name to a `Subject`).
#[macro_export]
macro_rules! contract {
    ($make:path) => {
        $crate::contract!(@ $make, txn: [
            a_put_gives_revision_version_and_prev,
            a_delete_tells_what_went,
            all_changes_of_a_transaction_share_a_revision,
            what_changes_nothing_takes_no_revision,
            compares_decide_the_branch,
            every_compare_does_what_it_says,
            a_get_in_a_transaction_sees_the_steps_before_it,
            a_broken_rule_changes_nothing,
            a_key_made_again_begins_anew,
            values_of_all_sizes_come_back,
        ]);
        $crate::contract!(@ $make, range: [
            keys_come_in_order_within_their_bounds,
            a_limit_cuts_and_says_so,
            old_revisions_stay_as_they_were,
            keys_only_has_no_values,
            the_future_is_refused,
            a_large_range_comes_whole,
        ]);
        $crate::contract!(@ $make, watch: [
            from_now_on_only_new_changes_come,
            from_a_revision_history_and_news_come_without_a_gap,
            from_the_future_it_waits,
            previous_values_come_when_asked_for,
            a_revision_is_never_split,
            progress_comes_when_asked_for,
            two_watches_see_the_same_order,
            a_slow_watch_misses_nothing,
        ]);
        $crate::contract!(@ $make, compaction: [
            states_before_it_are_refused,
            the_state_at_it_stays,
            a_watch_before_it_is_refused,
            a_watch_from_it_is_complete,
            compacting_twice_or_ahead_is_refused,
            writes_and_deletes_go_on_after_it,
        ]);
        $crate::contract!(@ $make, lease: [
            a_lease_that_ends_deletes_its_keys,
            a_lease_kept_alive_does_not_end,
            revoking_deletes_in_one_revision,
            a_key_that_left_the_lease_stays,
            an_unknown_lease_is_refused,
        ]);
        $crate::contract!(@ $make, concurrency: [
            compare_and_set_never_loses_an_update,
            what_was_acknowledged_is_read,
        ]);
    };
    (@ $make:path, $subject:ident: [$($test:ident),* $(,)?]) => {
        mod $subject {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let subject = $make(concat!(stringify!($subject), "/", stringify!($test), "/")).await;
                    $crate::contract::$subject::$test(subject).await;
                }
            )*
        }
    };
}
