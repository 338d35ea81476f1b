//! Transactions.

use bytes::Bytes;
use federation_store::{Compare, KeyRange, LeaseId, Op, OpResponse, StoreError, Txn};

use super::{Subject, pairs, text};

fn put(s: &Subject, name: &str, value: &str) -> Op {
    Op::Put { key: s.key(name), value: Bytes::from(value.to_owned()), lease: None }
}

pub(crate) async fn a_put_gives_revision_version_and_prev(s: Subject) {
    let before = s.store.revision().await.expect("a revision");
    let first = s.store.txn(Txn::put(s.key("a"), "1")).await.expect("a put");
    assert_eq!(first.responses, [OpResponse::Put { prev: None }]);
    assert!(first.succeeded && first.revision > before);
    let second = s.store.txn(Txn::put(s.key("a"), "2")).await.expect("a put");
    let [OpResponse::Put { prev: Some(prev) }] = &second.responses[..] else { panic!("{second:?}") };
    assert_eq!((text(&prev.value), prev.version, prev.mod_revision), ("1".into(), 1, first.revision));
    let read =
        s.store.range(federation_store::RangeRequest::new(KeyRange::key(s.key("a")))).await.expect("a range");
    let kv = &read.kvs[0];
    assert_eq!((text(&kv.value), kv.version, kv.lease), ("2".into(), 2, None));
    assert_eq!((kv.create_revision, kv.mod_revision), (first.revision, second.revision));
    assert!(s.store.revision().await.expect("a revision") >= second.revision);
}

pub(crate) async fn a_delete_tells_what_went(s: Subject) {
    for (name, value) in [("a", "1"), ("b", "2"), ("c", "3")] {
        s.put(name, value).await;
    }
    let range = KeyRange::interval(s.key("a"), s.key("c"));
    let response = s.store.txn(Txn::of(vec![Op::Delete { range }])).await.expect("a delete");
    let [OpResponse::Delete { deleted: 2, prev }] = &response.responses[..] else { panic!("{response:?}") };
    let gone: Vec<_> = prev.iter().map(|kv| (s.name(&kv.key), text(&kv.value))).collect();
    assert_eq!(gone, pairs(&[("a", "1"), ("b", "2")]));
    assert_eq!(s.listed(None).await, pairs(&[("c", "3")]));
}

pub(crate) async fn all_changes_of_a_transaction_share_a_revision(s: Subject) {
    s.put("old", "x").await;
    let ops = vec![put(&s, "a", "1"), put(&s, "b", "2"), Op::Delete { range: KeyRange::key(s.key("old")) }];
    let response = s.store.txn(Txn::of(ops)).await.expect("a transaction");
    let read = s.store.range(federation_store::RangeRequest::new(s.everything())).await.expect("a range");
    let revisions: Vec<_> = read.kvs.iter().map(|kv| kv.mod_revision).collect();
    assert_eq!(revisions, [response.revision; 2]);
    assert_eq!(s.listed(Some(response.revision - 1)).await, pairs(&[("old", "x")]));
}

pub(crate) async fn what_changes_nothing_takes_no_revision(s: Subject) {
    let head = s.put("a", "1").await;
    let idle = [
        Txn::default(),
        Txn::of(vec![Op::Get { range: s.everything() }]),
        Txn::delete(s.key("absent")),
        Txn::put(s.key("a"), "2").when(Compare::ModRevision(s.key("a"), 0)),
    ];
    for txn in idle {
        let response = s.store.txn(txn.clone()).await.expect("a transaction");
        assert_eq!(response.revision, head, "{txn:?}");
    }
    assert_eq!(s.store.revision().await.expect("a revision"), head);
    assert_eq!(s.put("a", "3").await, head + 1);
}

pub(crate) async fn compares_decide_the_branch(s: Subject) {
    let create = |value: &str| {
        Txn::put(s.key("a"), value.to_owned())
            .when(Compare::ModRevision(s.key("a"), 0))
            .otherwise(vec![Op::Get { range: KeyRange::key(s.key("a")) }])
    };
    let made = s.store.txn(create("1")).await.expect("a create");
    assert!(made.succeeded);
    let refused = s.store.txn(create("2")).await.expect("a create");
    let [OpResponse::Get(found)] = &refused.responses[..] else { panic!("{refused:?}") };
    assert!(!refused.succeeded);
    assert_eq!((text(&found.kvs[0].value), found.kvs[0].mod_revision), ("1".into(), made.revision));
    assert_eq!((found.count, found.more, found.revision), (1, false, refused.revision));
    let both = create("3").when(Compare::Exists(s.key("a")));
    assert!(!s.store.txn(both).await.expect("a transaction").succeeded, "one no is enough");
}

pub(crate) async fn every_compare_does_what_it_says(s: Subject) {
    let created = s.put("a", "1").await;
    let changed = s.put("a", "2").await;
    let (a, no) = (s.key("a"), s.key("absent"));
    let cases = [
        (Compare::ModRevision(a.clone(), changed), true),
        (Compare::ModRevision(a.clone(), created), false),
        (Compare::ModRevision(no.clone(), 0), true),
        (Compare::ModRevision(a.clone(), 0), false),
        (Compare::CreateRevision(a.clone(), created), true),
        (Compare::CreateRevision(a.clone(), changed), false),
        (Compare::CreateRevision(no.clone(), 0), true),
        (Compare::Version(a.clone(), 2), true),
        (Compare::Version(a.clone(), 1), false),
        (Compare::Version(no.clone(), 0), true),
        (Compare::Exists(a.clone()), true),
        (Compare::Exists(no.clone()), false),
        (Compare::Value(a.clone(), Bytes::from("2")), true),
        (Compare::Value(a.clone(), Bytes::from("1")), false),
        (Compare::Value(no, Bytes::new()), false),
    ];
    for (compare, expected) in cases {
        let response = s.store.txn(Txn::default().when(compare.clone())).await.expect("a transaction");
        assert_eq!(response.succeeded, expected, "{compare:?}");
    }
    s.delete("a").await;
    let gone = Txn::default().when(Compare::ModRevision(a, 0));
    assert!(s.store.txn(gone).await.expect("a transaction").succeeded, "a deleted key does not exist");
}

pub(crate) async fn a_get_in_a_transaction_sees_the_steps_before_it(s: Subject) {
    s.put("b", "old").await;
    let ops = vec![
        Op::Get { range: s.everything() },
        put(&s, "a", "1"),
        Op::Delete { range: KeyRange::key(s.key("b")) },
        Op::Get { range: s.everything() },
    ];
    let response = s.store.txn(Txn::of(ops)).await.expect("a transaction");
    let got = |n: usize| match &response.responses[n] {
        OpResponse::Get(range) => {
            range.kvs.iter().map(|kv| (s.name(&kv.key), text(&kv.value))).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(got(0), pairs(&[("b", "old")]));
    assert_eq!(got(3), pairs(&[("a", "1")]));
}

pub(crate) async fn a_broken_rule_changes_nothing(s: Subject) {
    let head = s.put("a", "1").await;
    let unknown = Op::Put { key: s.key("l"), value: Bytes::new(), lease: Some(LeaseId(0x7e57)) };
    let bad = [
        Txn::of(vec![put(&s, "b", "1"), put(&s, "b", "2")]),
        Txn::of(vec![put(&s, "b", "1"), Op::Delete { range: s.everything() }]),
        Txn::put("", "x"),
        Txn::of(vec![put(&s, "b", "1"), unknown]),
        Txn::of((0..200).map(|n| put(&s, &n.to_string(), "x")).collect()),
    ];
    for txn in bad {
        let error = s.store.txn(txn).await.expect_err("a broken rule");
        assert!(
            matches!(
                error,
                StoreError::Invalid(_) | StoreError::LeaseNotFound { .. } | StoreError::TooLarge { .. }
            ),
            "{error:?}"
        );
    }
    assert_eq!(s.store.revision().await.expect("a revision"), head);
    assert_eq!(s.listed(None).await, pairs(&[("a", "1")]));
}

pub(crate) async fn a_key_made_again_begins_anew(s: Subject) {
    s.put("a", "1").await;
    s.put("a", "2").await;
    s.delete("a").await;
    let again = s.put("a", "3").await;
    let read = s.store.range(federation_store::RangeRequest::new(s.everything())).await.expect("a range");
    assert_eq!((read.kvs[0].version, read.kvs[0].create_revision), (1, again));
}

pub(crate) async fn values_of_all_sizes_come_back(s: Subject) {
    for size in [0usize, 1, 1000, 4096, 100_000, 1_000_000] {
        let value: Bytes = (0..size).map(|n| (n % 251) as u8).collect::<Vec<_>>().into();
        s.store.txn(Txn::put(s.key("v"), value.clone())).await.expect("a put");
        let read = s.store.range(federation_store::RangeRequest::new(KeyRange::key(s.key("v")))).await;
        assert!(read.expect("a range").kvs[0].value == value, "{size} bytes");
    }
}
