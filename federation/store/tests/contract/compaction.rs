//! Forgetting old revisions.

use federation_store::{RangeRequest, StoreError, WatchRequest};
use futures::StreamExt;

use super::{Subject, events, pairs};

fn is_compacted(error: &StoreError) -> bool {
    matches!(error, StoreError::Compacted { .. })
}

pub(crate) async fn states_before_it_are_refused(s: Subject) {
    let first = s.put("a", "1").await;
    let second = s.put("a", "2").await;
    s.store.compact(second).await.expect("a compaction");
    let error = s.store.range(RangeRequest::new(s.everything()).at(first)).await.expect_err("compacted");
    assert!(is_compacted(&error), "{error:?}");
}

pub(crate) async fn the_state_at_it_stays(s: Subject) {
    s.put("a", "1").await;
    s.put("b", "1").await;
    s.put("gone", "1").await;
    s.delete("gone").await;
    let at = s.put("a", "2").await;
    s.put("a", "3").await;
    s.delete("b").await;
    s.put("gone", "2").await;
    s.store.compact(at).await.expect("a compaction");
    for _ in 0..3 {
        // Writes let a store that frees in small steps go on with it.
        s.put("other", "x").await;
        s.delete("other").await;
        assert_eq!(s.listed(Some(at)).await, pairs(&[("a", "2"), ("b", "1")]));
        assert_eq!(s.listed(None).await, pairs(&[("a", "3"), ("gone", "2")]));
    }
}

pub(crate) async fn a_watch_before_it_is_refused(s: Subject) {
    let first = s.put("a", "1").await;
    let second = s.put("a", "2").await;
    s.store.compact(second).await.expect("a compaction");
    // A store may notice at once or when it begins to send.
    let error = match s.store.watch(WatchRequest::new(s.everything()).starting_at(first)).await {
        Err(error) => error,
        Ok(mut watch) => {
            let error = super::next(&mut watch).await.expect_err("compacted");
            assert!(watch.next().await.is_none(), "a watch ends after its error");
            error
        }
    };
    assert!(is_compacted(&error), "{error:?}");
}

pub(crate) async fn a_watch_from_it_is_complete(s: Subject) {
    s.put("a", "1").await;
    let deleted = s.delete("a").await;
    s.put("b", "1").await;
    s.put("b", "2").await;
    s.store.compact(deleted).await.expect("a compaction");
    let request = WatchRequest::new(s.everything()).starting_at(deleted);
    let mut watch = s.store.watch(request).await.expect("a watch");
    let seen: Vec<_> = events(&mut watch, 3).await.iter().map(|event| s.told(event)).collect();
    assert_eq!(seen, ["delete a", "put b=1", "put b=2"]);
}

pub(crate) async fn compacting_twice_or_ahead_is_refused(s: Subject) {
    s.put("a", "1").await;
    let head = s.put("a", "2").await;
    s.store.compact(head).await.expect("a compaction");
    let error = s.store.compact(head).await.expect_err("compacted already");
    assert!(is_compacted(&error), "{error:?}");
    let error = s.store.compact(head + 1_000_000).await.expect_err("ahead");
    assert!(matches!(error, StoreError::FutureRevision { .. }), "{error:?}");
}

pub(crate) async fn writes_and_deletes_go_on_after_it(s: Subject) {
    for round in 0..5 {
        for n in 0..40 {
            s.put(&format!("{n:02}"), &round.to_string()).await;
        }
        let head = s.delete("00").await;
        s.store.compact(head).await.expect("a compaction");
        let listed = s.listed(None).await;
        assert_eq!(listed.len(), 39);
        assert!(listed.iter().all(|(_, value)| *value == round.to_string()));
    }
}
