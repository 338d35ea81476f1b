//! The load of the crash tests, and the check of what must be left of it.
//!
//! Writer `w` counts up; step `n` is one transaction that writes `n` under two keys, adds `c/w/n` and deletes
//! `c/w/(n - KEPT)`. So after any crash it can be told from the keys alone which step came last and that no step is
//! there by half.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use federation_store::{
    EventKind, KeyRange, Op, RangeRequest, Revision, Store, StoreError, Txn, WatchRequest,
};
use federation_store::{WatchResponse, WatchStream};
use futures::StreamExt;

/// How many steps stay visible.
const KEPT: u64 = 5;

/// The last acknowledged step of each writer, with its revision.
pub(crate) type Acknowledged = BTreeMap<u64, (u64, Revision)>;

fn pair_keys(writer: u64) -> [Bytes; 2] {
    [Bytes::from(format!("a/{writer:03}")), Bytes::from(format!("b/{writer:03}"))]
}

fn step_key(writer: u64, step: u64) -> Bytes {
    Bytes::from(format!("c/{writer:03}/{step:012}"))
}

/// A value that says its step and fills a part of a page.
fn value(step: u64) -> Bytes {
    Bytes::from(format!("{step:0400}"))
}

fn step_of(value: &[u8]) -> u64 {
    String::from_utf8_lossy(value).parse().expect("a value of this load")
}

fn transaction(writer: u64, step: u64) -> Txn {
    let put = |key| Op::Put { key, value: value(step), lease: None };
    let [a, b] = pair_keys(writer);
    let mut ops = vec![put(a), put(b), put(step_key(writer, step))];
    if let Some(old) = step.checked_sub(KEPT) {
        ops.push(Op::Delete { range: KeyRange::key(step_key(writer, old)) });
    }
    Txn::of(ops)
}

/// Writes the steps of one writer from where it stands until the store fails; tells each acknowledged one.
pub(crate) async fn write_until_failure(
    store: Arc<dyn Store>,
    writer: u64,
    acknowledged: impl Fn(u64, u64, Revision),
) -> StoreError {
    let [a, _] = pair_keys(writer);
    let found = match store.range(RangeRequest::new(KeyRange::key(a))).await {
        Ok(found) => found,
        Err(error) => return error,
    };
    let mut step = found.kvs.first().map_or(0, |kv| step_of(&kv.value));
    loop {
        step += 1;
        match store.txn(transaction(writer, step)).await {
            Ok(response) => acknowledged(writer, step, response.revision),
            Err(error) => return error,
        }
    }
}

/// Compacts up to some revisions behind the head until the store fails.
pub(crate) async fn compact_until_failure(store: Arc<dyn Store>, pause: std::time::Duration) -> StoreError {
    loop {
        tokio::time::sleep(pause).await;
        let head = match store.revision().await {
            Ok(head) => head,
            Err(error) => return error,
        };
        match store.compact(head.saturating_sub(40).max(1)).await {
            Ok(()) | Err(StoreError::Compacted { .. }) => {}
            Err(error) => return error,
        }
    }
}

/// Checks that every acknowledged step is there and that no step is there by half. Gives what is there now, which
/// the next crash may not take back either.
pub(crate) async fn verify(store: &dyn Store, acknowledged: &Acknowledged, writers: u64) -> Acknowledged {
    let head = store.revision().await.expect("a revision");
    let mut now = Acknowledged::new();
    for writer in 0..writers {
        let pair = pair_keys(writer).map(KeyRange::key);
        let mut read = Vec::new();
        for range in pair {
            read.extend(store.range(RangeRequest::new(range)).await.expect("a range").kvs);
        }
        let (known, revision) = acknowledged.get(&writer).copied().unwrap_or((0, 0));
        let steps = store.range(RangeRequest::new(KeyRange::prefix(format!("c/{writer:03}/")))).await;
        let steps: Vec<_> =
            steps.expect("a range").kvs.iter().map(|kv| (kv.key.clone(), step_of(&kv.value))).collect();
        if read.is_empty() {
            assert_eq!((known, steps.len()), (0, 0), "writer {writer}: acknowledged steps are gone");
            continue;
        }
        assert_eq!(read.len(), 2, "writer {writer}: one key of a pair is missing");
        let (a, b) = (&read[0], &read[1]);
        let step = step_of(&a.value);
        assert_eq!(a.value, b.value, "writer {writer}: half a step is there");
        assert_eq!((a.mod_revision, a.version), (b.mod_revision, b.version), "writer {writer}");
        assert!(step >= known, "writer {writer}: step {known} was acknowledged, {step} is there");
        assert!(
            step <= known + 1,
            "writer {writer}: step {step} is there, {known} was the last but one begun"
        );
        assert!(
            step > known || a.mod_revision == revision,
            "writer {writer}: step {step} has another revision"
        );
        assert_eq!(a.version, step, "writer {writer}: every step wrote once");
        assert!(a.mod_revision <= head);
        let first = step.saturating_sub(KEPT - 1).max(1);
        let expected: Vec<_> = (first..=step).map(|step| (step_key(writer, step), step)).collect();
        assert_eq!(steps, expected, "writer {writer}: half a step is there");
        now.insert(writer, (step, a.mod_revision));
    }
    now
}

/// Checks that the history from some revisions back is whole: replaying it gives the present.
pub(crate) async fn verify_history(store: &dyn Store) {
    let head = store.revision().await.expect("a revision");
    let from = head.saturating_sub(30).max(1);
    let base = match store.range(RangeRequest::new(KeyRange::all()).at(from)).await {
        Ok(base) => base,
        Err(StoreError::Compacted { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    let mut state: BTreeMap<Bytes, Bytes> = base.kvs.into_iter().map(|kv| (kv.key, kv.value)).collect();
    let request = WatchRequest::new(KeyRange::all()).starting_at(from + 1).with_progress();
    let mut watch: WatchStream = store.watch(request).await.expect("a watch");
    let mut seen = from;
    while seen < head {
        match watch.next().await.expect("the watch goes on").expect("a message") {
            WatchResponse::Progress { revision } => seen = revision,
            WatchResponse::Events { revision, events } => {
                for event in events {
                    match event.kind {
                        EventKind::Put => drop(state.insert(event.kv.key, event.kv.value)),
                        EventKind::Delete => {
                            drop(state.remove(&event.kv.key).expect("a deletion deletes something"))
                        }
                    }
                }
                seen = revision;
            }
        }
    }
    let present = store.range(RangeRequest::new(KeyRange::all())).await.expect("a range");
    let present: BTreeMap<Bytes, Bytes> = present.kvs.into_iter().map(|kv| (kv.key, kv.value)).collect();
    assert!(state == present, "the history from {from} to {head} does not lead to the present");
}
