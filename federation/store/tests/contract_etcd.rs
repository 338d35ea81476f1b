//! The contract suite against a real etcd, and what only an etcd can do: go away and come back.
#![cfg(feature = "etcd")]

mod contract;
mod etcd_process;

use std::sync::Arc;
use std::time::Duration;

use contract::{Subject, events};
use etcd_process::Etcd;
use federation_store::{EtcdOptions, EtcdStore, StoreError, Txn, WatchRequest};

/// A compaction is about the whole etcd, so every test has its own.
async fn fresh(name: &str) -> Subject {
    let etcd = Etcd::start();
    let store = connect(&etcd).await;
    Subject::new(Arc::new(store), name).keeping(etcd)
}

async fn connect(etcd: &Etcd) -> EtcdStore {
    // It has just been started; reached only when it does not come up.
    for _ in 0..300 {
        match EtcdStore::connect(etcd.options()).await {
            Ok(store) => return store,
            Err(StoreError::Unavailable { .. }) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("etcd did not come up");
}

contract!(super::fresh);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_goes_on_after_etcd_was_away() {
    let mut etcd = Etcd::start();
    let s = Subject::new(Arc::new(connect(&etcd).await), "away/");
    let mut watch = s.store.watch(WatchRequest::new(s.everything()).with_progress()).await.expect("a watch");
    s.put("a", "1").await;
    assert_eq!(events(&mut watch, 1).await.len(), 1);
    etcd.kill();
    let error = s.store.revision().await.expect_err("etcd is away");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    etcd.start_again();
    // Another client writes before the watch is back.
    let other = Subject::new(Arc::new(connect(&etcd).await), "away/");
    other.put("a", "2").await;
    other.delete("a").await;
    let seen = events(&mut watch, 2).await;
    assert_eq!(seen.iter().map(|event| s.told(event)).collect::<Vec<_>>(), ["put a=2", "delete a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_has_a_certificate_is_served() {
    let etcd = Etcd::start_with_tls();
    let s = Subject::new(Arc::new(connect(&etcd).await), "tls/");
    s.put("a", "1").await;
    assert_eq!(s.listed(None).await, contract::pairs(&[("a", "1")]));
    let without = |change: fn(&mut EtcdOptions)| {
        let mut options = etcd.options();
        options.request_timeout = Duration::from_secs(2);
        change(&mut options);
        EtcdStore::connect(options)
    };
    let no_identity = without(|options| options.tls.as_mut().expect("it has TLS").identity_pem = None).await;
    assert!(matches!(no_identity, Err(StoreError::Unavailable { .. })), "{:?}", no_identity.err());
    let no_tls = without(|options| options.tls = None).await;
    assert!(no_tls.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_etcd_finds_too_large_is_said_with_numbers() {
    let etcd = Etcd::start();
    let s = Subject::new(Arc::new(connect(&etcd).await), "large/");
    for size in [2 << 20, 5 << 20] {
        let error = s.store.txn(Txn::put(s.key("a"), vec![0; size])).await.expect_err("too large");
        assert!(matches!(error, StoreError::TooLarge { size: told, .. } if told >= size as u64), "{error:?}");
    }
    assert_eq!(s.listed(None).await, []);
}

#[tokio::test]
async fn nobody_there_is_said_soon() {
    let mut options = EtcdOptions::parse("etcd://127.0.0.1:1").expect("it is well formed");
    options.request_timeout = Duration::from_secs(1);
    let error = EtcdStore::connect(options).await.err();
    assert!(matches!(error, Some(StoreError::Unavailable { .. })), "{error:?}");
}
