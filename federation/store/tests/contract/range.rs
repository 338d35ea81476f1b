//! Reads.

use federation_store::{KeyRange, RangeRequest, Revision, StoreError, Txn};

use super::{Subject, pairs, text};

async fn names(s: &Subject, range: KeyRange) -> String {
    let response = s.store.range(RangeRequest::new(range)).await.expect("a range");
    assert_eq!(response.count, response.kvs.len() as u64);
    assert!(!response.more);
    response.kvs.iter().map(|kv| s.name(&kv.key)).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn keys_come_in_order_within_their_bounds(s: Subject) {
    for name in ["b/2", "a", "b/1", "c", "b", "b0"] {
        s.put(name, name).await;
    }
    assert_eq!(names(&s, s.everything()).await, "a b b/1 b/2 b0 c");
    assert_eq!(names(&s, KeyRange::prefix(s.key("b/"))).await, "b/1 b/2");
    assert_eq!(names(&s, KeyRange::key(s.key("b"))).await, "b");
    assert_eq!(names(&s, KeyRange::interval(s.key("a0"), s.key("b0"))).await, "b b/1 b/2");
    assert_eq!(names(&s, KeyRange::key(s.key("absent"))).await, "");
    assert_eq!(names(&s, KeyRange::interval(s.key("c"), s.key("a"))).await, "");
    let all = s.store.range(RangeRequest::new(KeyRange::all())).await.expect("a range");
    assert!(all.kvs.iter().any(|kv| kv.key == s.key("a")));
}

pub(crate) async fn a_limit_cuts_and_says_so(s: Subject) {
    for name in ["a", "b", "c"] {
        s.put(name, name).await;
    }
    for (limit, expected, more) in [(2, 2, true), (3, 3, false), (9, 3, false), (0, 3, false)] {
        let response = s.store.range(RangeRequest::new(s.everything()).limit(limit)).await.expect("a range");
        assert_eq!((response.kvs.len(), response.more, response.count), (expected, more, 3), "limit {limit}");
    }
}

pub(crate) async fn old_revisions_stay_as_they_were(s: Subject) {
    let first = s.put("a", "1").await;
    let second = s.put("b", "2").await;
    let third = s.put("a", "3").await;
    let fourth = s.delete("b").await;
    assert_eq!(s.listed(Some(first)).await, pairs(&[("a", "1")]));
    assert_eq!(s.listed(Some(second)).await, pairs(&[("a", "1"), ("b", "2")]));
    assert_eq!(s.listed(Some(third)).await, pairs(&[("a", "3"), ("b", "2")]));
    assert_eq!(s.listed(Some(fourth)).await, pairs(&[("a", "3")]));
    assert_eq!(s.listed(None).await, pairs(&[("a", "3")]));
    let old = s.store.range(RangeRequest::new(s.everything()).at(first)).await.expect("a range");
    assert!(old.revision >= fourth, "the head, not the revision asked for");
    assert_eq!(old.count, 1);
}

pub(crate) async fn keys_only_has_no_values(s: Subject) {
    let revision = s.put("a", "1").await;
    let response = s.store.range(RangeRequest::new(s.everything()).keys_only()).await.expect("a range");
    assert_eq!((text(&response.kvs[0].value), response.kvs[0].mod_revision), (String::new(), revision));
}

pub(crate) async fn the_future_is_refused(s: Subject) {
    let head = s.put("a", "1").await;
    let far: Revision = head + 1_000_000;
    let error = s.store.range(RangeRequest::new(s.everything()).at(far)).await.expect_err("the future");
    assert!(matches!(error, StoreError::FutureRevision { requested, .. } if requested == far), "{error:?}");
}

/// Larger than the 4 MiB one answer of etcd may have on the wire.
pub(crate) async fn a_large_range_comes_whole(s: Subject) {
    for n in 0..100 {
        s.store.txn(Txn::put(s.key(&format!("{n:03}")), vec![b'x'; 60_000])).await.expect("a put");
    }
    let response = s.store.range(RangeRequest::new(s.everything())).await.expect("a range");
    assert_eq!((response.kvs.len(), response.count, response.more), (100, 100, false));
    assert!(response.kvs.iter().all(|kv| kv.value.len() == 60_000));
    assert!(response.kvs.windows(2).all(|pair| pair[0].key < pair[1].key));
}
