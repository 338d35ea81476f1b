//! What is special about a store in a file: its rights, its lock, what outlives a restart, backups, bad files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use federation_store::{
    EmbeddedStore, EventKind, KeyRange, Op, Options, RangeRequest, Store, StoreError, Txn, WatchRequest,
    WatchResponse,
};
use futures::StreamExt;

fn open(path: &Path) -> EmbeddedStore {
    EmbeddedStore::open(path, Options::default()).expect("the store opens")
}

async fn put(store: &dyn Store, key: &str, value: &str) -> u64 {
    store.txn(Txn::put(key.to_owned(), value.to_owned())).await.expect("a put").revision
}

async fn listed(store: &dyn Store) -> Vec<(String, String)> {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let response = store.range(RangeRequest::new(KeyRange::all())).await.expect("a range");
    response.kvs.iter().map(|kv| (text(&kv.key), text(&kv.value))).collect()
}

#[tokio::test]
async fn only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("new/deep/store");
    let store = open(&path);
    store.backup(folder.path().join("new/copy")).await.expect("a backup");
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name)).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!((mode("new"), mode("new/deep")), (0o700, 0o700));
    assert_eq!((mode("new/deep/store"), mode("new/copy")), (0o600, 0o600));
}

#[tokio::test]
async fn it_is_open_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("store");
    let store = open(&path);
    let second = EmbeddedStore::open(&path, Options::default());
    assert!(matches!(second, Err(StoreError::Locked { path: named }) if named == path));
    drop(store);
    open(&path);
}

#[tokio::test]
async fn history_and_state_outlive_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("store");
    let store = open(&path);
    let first = put(&store, "a", "1").await;
    put(&store, "b", "1").await;
    let compacted = put(&store, "a", "2").await;
    store.txn(Txn::delete("b")).await.expect("a delete");
    let last = put(&store, "a", "3").await;
    store.compact(compacted).await.expect("a compaction");
    drop(store);

    let store = open(&path);
    assert_eq!(store.revision().await.expect("a revision"), last);
    let old = store.range(RangeRequest::new(KeyRange::all()).at(first)).await;
    assert!(matches!(old, Err(StoreError::Compacted { .. })), "{old:?}");
    let request = WatchRequest::new(KeyRange::all()).starting_at(compacted).with_prev();
    let mut watch = store.watch(request).await.expect("a watch");
    let Some(Ok(WatchResponse::Events { revision, events })) = watch.next().await else { panic!("events") };
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!((revision, kinds), (last, vec![EventKind::Put, EventKind::Delete, EventKind::Put]));
    assert_eq!(events[2].prev.as_ref().map(|prev| prev.value.clone()), Some(Bytes::from("2")));
    assert_eq!((events[2].kv.version, events[2].kv.create_revision), (3, first));
    assert_eq!(put(&store, "a", "4").await, last + 1);
}

#[tokio::test]
async fn leases_outlive_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("store");
    let store = open(&path);
    let leased = |key: &str, lease| {
        Txn::of(vec![Op::Put { key: Bytes::from(key.to_owned()), value: "x".into(), lease: Some(lease) }])
    };
    let short = store.lease_grant(1).await.expect("a lease");
    let long = store.lease_grant(1000).await.expect("a lease");
    store.txn(leased("short", short.id)).await.expect("a put");
    store.txn(leased("long", long.id)).await.expect("a put");
    let last = store.revision().await.expect("a revision");
    drop(store);

    let store = open(&path);
    let request = WatchRequest::new(KeyRange::all()).starting_at(last + 1);
    let mut watch = store.watch(request).await.expect("a watch");
    let Some(Ok(WatchResponse::Events { events, .. })) = watch.next().await else { panic!("events") };
    assert_eq!((events[0].kind, &events[0].kv.key[..]), (EventKind::Delete, &b"short"[..]));
    assert_eq!(store.lease_keep_alive(long.id).await.expect("it lives"), long);
    let third = store.lease_grant(1000).await.expect("a lease");
    assert!(third.id > long.id, "a name is never used again");
    store.lease_revoke(long.id).await.expect("it lives");
    assert_eq!(listed(&store).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_one_revision() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Arc::new(open(&folder.path().join("store")));
    for n in 0..3000 {
        // Two keys that are always equal, and bulk for more than one chunk of the copy.
        if n % 1000 == 0 {
            put(&*store, &format!("bulk/{n}"), &"x".repeat(100_000)).await;
        }
        let op =
            |key: &str| Op::Put { key: Bytes::from(format!("{key}/{n:04}")), value: "0".into(), lease: None };
        if n % 60 == 0 {
            store.txn(Txn::of(vec![op("left"), op("right")])).await.expect("a transaction");
        }
    }
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 0u64.. {
                let op = |key: &str| Op::Put {
                    key: Bytes::from(key.to_owned()),
                    value: n.to_string().into(),
                    lease: None,
                };
                store.txn(Txn::of(vec![op("left/now"), op("right/now")])).await.expect("a transaction");
            }
        })
    };
    let to = folder.path().join("copy");
    while store.range(RangeRequest::new(KeyRange::key("left/now"))).await.expect("a range").count == 0 {
        tokio::task::yield_now().await;
    }
    let revision = store.backup(&to).await.expect("a backup");
    writer.abort();
    let copy = open(&to);
    assert_eq!(copy.revision().await.expect("a revision"), revision);
    let at = |s: Arc<dyn Store>| async move {
        s.range(RangeRequest::new(KeyRange::all()).at(revision)).await.expect("a range").kvs
    };
    assert!(at(Arc::new(copy)).await == at(store.clone()).await);
    let again = store.backup(&to).await.expect_err("it exists");
    assert!(
        matches!(again, StoreError::Invalid(_)) && again.to_string().contains("exists already"),
        "{again}"
    );
}

#[tokio::test]
async fn a_closed_store_says_so_and_ends_its_watches() {
    let store = EmbeddedStore::in_memory().expect("a new store");
    let last = put(&store, "a", "1").await;
    let request = WatchRequest::new(KeyRange::all()).starting_at(last);
    let mut watch = store.watch(request).await.expect("a watch");
    store.close().await;
    assert!(matches!(store.txn(Txn::put("a", "2")).await, Err(StoreError::Closed)));
    assert!(matches!(watch.next().await, Some(Ok(WatchResponse::Events { .. }))), "what happened is told");
    assert!(matches!(watch.next().await, Some(Err(StoreError::Closed))));
    assert!(watch.next().await.is_none());
    store.close().await;
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("store");
    std::fs::write(&path, "this is a text of somebody else").expect("the folder is writable");
    let error = EmbeddedStore::open(&path, Options::default()).err().expect("no store");
    assert!(matches!(&error, StoreError::File { path: named, .. } if *named == path), "{error:?}");
    assert!(std::fs::read_to_string(&path).expect("it is there").starts_with("this is a text"));
    let missing = EmbeddedStore::open(path.join("below-a-file"), Options::default()).err();
    assert!(matches!(missing, Some(StoreError::File { .. })), "{missing:?}");
}

#[tokio::test]
async fn a_closed_file_can_be_shrunk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("store");
    assert!(matches!(EmbeddedStore::shrink(&path), Err(StoreError::File { .. })) && !path.exists());
    let store = open(&path);
    for n in 0..50 {
        put(&store, "a", &format!("{n}{}", "x".repeat(200_000))).await;
    }
    let last = put(&store, "a", "small").await;
    assert!(matches!(EmbeddedStore::shrink(&path), Err(StoreError::Locked { .. })));
    store.compact(last).await.expect("a compaction");
    drop(store);
    let before = std::fs::metadata(&path).expect("it is there").len();
    assert!(EmbeddedStore::shrink(&path).expect("it can be shrunk"));
    let after = std::fs::metadata(&path).expect("it is there").len();
    assert!(after < before, "{before} -> {after}");
    let store = open(&path);
    assert_eq!(listed(&store).await, [("a".into(), "small".into())]);
}

/// The limits of one transaction hold whatever is in it, and a refused one costs nothing.
#[tokio::test]
async fn a_transaction_that_is_too_large_is_refused() {
    let options = Options { max_txn_bytes: 1000, ..Options::default() };
    let backend = Box::new(redb::backends::InMemoryBackend::new());
    let store = EmbeddedStore::open_backend(backend, options).expect("a new store");
    let error = store.txn(Txn::put("k", vec![0; 1000])).await.expect_err("too large");
    assert!(matches!(error, StoreError::TooLarge { size: 1001, limit: 1000, .. }), "{error:?}");
    store.txn(Txn::put("k", vec![0; 999])).await.expect("it fits");
}
