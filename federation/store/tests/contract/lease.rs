//! Leases.

use std::time::Duration;

use bytes::Bytes;
use federation_store::{EventKind, LeaseId, Op, StoreError, Txn, WatchRequest};

use super::{Subject, events, pairs};

async fn put_leased(s: &Subject, name: &str, lease: Option<LeaseId>) {
    let op = Op::Put { key: s.key(name), value: Bytes::from("x"), lease };
    s.store.txn(Txn::of(vec![op])).await.expect("a put");
}

pub(crate) async fn a_lease_that_ends_deletes_its_keys(s: Subject) {
    let lease = s.store.lease_grant(1).await.expect("a lease");
    assert!(lease.ttl_seconds >= 1);
    put_leased(&s, "a", Some(lease.id)).await;
    put_leased(&s, "b", Some(lease.id)).await;
    s.put("c", "x").await;
    let mut watch = s.store.watch(WatchRequest::new(s.everything()).with_prev()).await.expect("a watch");
    let seen = events(&mut watch, 2).await;
    assert!(seen.iter().all(|event| event.kind == EventKind::Delete));
    assert!(seen.iter().all(|event| event.prev.as_ref().and_then(|prev| prev.lease) == Some(lease.id)));
    assert_eq!(s.listed(None).await, pairs(&[("c", "x")]));
    let error = s.store.lease_keep_alive(lease.id).await.expect_err("it ended");
    assert!(matches!(error, StoreError::LeaseNotFound { id } if id == lease.id), "{error:?}");
}

pub(crate) async fn a_lease_kept_alive_does_not_end(s: Subject) {
    let kept = s.store.lease_grant(3).await.expect("a lease");
    let other = s.store.lease_grant(3).await.expect("a lease");
    put_leased(&s, "kept", Some(kept.id)).await;
    put_leased(&s, "other", Some(other.id)).await;
    let mut watch = s.store.watch(WatchRequest::new(s.everything())).await.expect("a watch");
    let renewing = {
        let s = s.clone();
        tokio::spawn(async move {
            loop {
                let renewed = s.store.lease_keep_alive(kept.id).await.expect("a renewal");
                assert_eq!(renewed.id, kept.id);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
    };
    let seen = events(&mut watch, 1).await;
    assert_eq!(s.told(&seen[0]), "delete other");
    assert!(!renewing.is_finished());
    renewing.abort();
    assert_eq!(s.listed(None).await, pairs(&[("kept", "x")]));
}

pub(crate) async fn revoking_deletes_in_one_revision(s: Subject) {
    let lease = s.store.lease_grant(1000).await.expect("a lease");
    for name in ["a", "b", "c"] {
        put_leased(&s, name, Some(lease.id)).await;
    }
    let mut watch = s.store.watch(WatchRequest::new(s.everything())).await.expect("a watch");
    s.store.lease_revoke(lease.id).await.expect("a revocation");
    assert_eq!(s.listed(None).await, []);
    let seen = events(&mut watch, 3).await;
    let names: Vec<_> = seen.iter().map(|event| s.told(event)).collect();
    assert_eq!(names, ["delete a", "delete b", "delete c"]);
    assert!(seen.iter().all(|event| event.kv.mod_revision == seen[0].kv.mod_revision));
    let error = s.store.lease_revoke(lease.id).await.expect_err("it ended");
    assert!(matches!(error, StoreError::LeaseNotFound { .. }), "{error:?}");
}

pub(crate) async fn a_key_that_left_the_lease_stays(s: Subject) {
    let first = s.store.lease_grant(1000).await.expect("a lease");
    let second = s.store.lease_grant(1000).await.expect("a lease");
    for name in ["left", "moved", "made-again", "stays"] {
        put_leased(&s, name, Some(first.id)).await;
    }
    put_leased(&s, "left", None).await;
    put_leased(&s, "moved", Some(second.id)).await;
    s.delete("made-again").await;
    put_leased(&s, "made-again", None).await;
    s.store.lease_revoke(first.id).await.expect("a revocation");
    assert_eq!(s.listed(None).await, pairs(&[("left", "x"), ("made-again", "x"), ("moved", "x")]));
    s.store.lease_revoke(second.id).await.expect("a revocation");
    assert_eq!(s.listed(None).await, pairs(&[("left", "x"), ("made-again", "x")]));
}

pub(crate) async fn an_unknown_lease_is_refused(s: Subject) {
    let id = LeaseId(0x0dd);
    for error in [
        s.store.lease_keep_alive(id).await.map(drop).expect_err("unknown"),
        s.store.lease_revoke(id).await.expect_err("unknown"),
    ] {
        assert!(matches!(error, StoreError::LeaseNotFound { .. }), "{error:?}");
    }
    assert!(matches!(s.store.lease_grant(0).await, Err(StoreError::Invalid(_))));
}
