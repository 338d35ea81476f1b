//! Several writers at once.

use bytes::Bytes;
use federation_store::{Compare, KeyRange, RangeRequest, Txn};

use super::{Subject, text};

/// Sixteen tasks count up one number by compare-and-set; none of the steps may get lost.
pub(crate) async fn compare_and_set_never_loses_an_update(s: Subject) {
    s.put("n", "0").await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let s = s.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    count_up(&s).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a counter");
    }
    let read = s.store.range(RangeRequest::new(s.everything())).await.expect("a range");
    assert_eq!((text(&read.kvs[0].value), read.kvs[0].version), ("160".into(), 161));
}

async fn count_up(s: &Subject) {
    loop {
        let read = s.store.range(RangeRequest::new(KeyRange::key(s.key("n")))).await.expect("a range");
        let kv = &read.kvs[0];
        let next: u64 = text(&kv.value).parse::<u64>().expect("a number") + 1;
        let txn = Txn::put(s.key("n"), Bytes::from(next.to_string()))
            .when(Compare::ModRevision(s.key("n"), kv.mod_revision));
        if s.store.txn(txn).await.expect("a transaction").succeeded {
            return;
        }
    }
}

/// Whoever reads after an acknowledgement sees the write, and a head at least as new.
pub(crate) async fn what_was_acknowledged_is_read(s: Subject) {
    let tasks: Vec<_> = (0..16)
        .map(|writer| {
            let s = s.clone();
            tokio::spawn(async move {
                for n in 0..10 {
                    let name = format!("{writer}-{n}");
                    let revision = s.put(&name, "x").await;
                    assert!(s.store.revision().await.expect("a revision") >= revision);
                    let read =
                        s.store.range(RangeRequest::new(KeyRange::key(s.key(&name)))).await.expect("a range");
                    assert_eq!(read.kvs[0].mod_revision, revision);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer");
    }
}
