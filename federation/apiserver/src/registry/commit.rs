//! The transaction of a write: one key, under the condition that it is as it was read.

use bytes::Bytes;
use federation_store::{Compare, KeyRange, LeaseId, Op, OpResponse, Txn};
use serde_json::Value;

use super::namespaces::Guard;
use super::request::Write;
use crate::cache::keys;
use crate::server::core::Stored;
use crate::status::{ApiError, ApiResult};

/// What a transaction did.
pub(super) enum Outcome {
    /// It is durable, at this revision.
    Done(u64),
    /// The object is not as it was read; this is what is there now.
    Changed(Option<Stored>),
}

/// Writes `value` if the object is still at `expected`.
pub(super) async fn put(write: &Write, value: Bytes, expected: u64) -> ApiResult<Outcome> {
    let key = keys::key(&write.kind.stored, &write.namespace, &write.name);
    let lease = lease(write).await?;
    run(write, key.clone(), expected, Op::Put { key, value, lease }, None).await
}

/// Writes the new object `name` if there is none, and if its namespace is still the one that was checked.
pub(super) async fn create(
    write: &Write,
    name: &str,
    value: Bytes,
    guard: Option<&Guard>,
) -> ApiResult<Outcome> {
    let key = keys::key(&write.kind.stored, &write.namespace, name);
    let lease = lease(write).await?;
    run(write, key.clone(), 0, Op::Put { key, value, lease }, guard).await
}

/// The lease that deletes objects of kinds that vanish by themselves.
async fn lease(write: &Write) -> ApiResult<Option<LeaseId>> {
    let Some(ttl) = write.kind.stored.strategy.ttl_seconds() else { return Ok(None) };
    let core = &write.core;
    let lease = core.leases.lease(&*core.store, ttl, write.ctx.now_unix_seconds).await;
    lease.map(Some).map_err(ApiError::internal)
}

/// Deletes the object if it is still at `expected`.
pub(super) async fn remove(write: &Write, expected: u64) -> ApiResult<Outcome> {
    let key = keys::key(&write.kind.stored, &write.namespace, &write.name);
    run(write, key.clone(), expected, Op::Delete { range: KeyRange::key(key) }, None).await
}

async fn run(write: &Write, key: Bytes, expected: u64, op: Op, guard: Option<&Guard>) -> ApiResult<Outcome> {
    let mut txn = Txn::of(vec![op])
        .when(Compare::ModRevision(key.clone(), expected))
        .otherwise(vec![Op::Get { range: KeyRange::key(key) }]);
    if let Some(guard) = guard {
        txn = txn.when(Compare::ModRevision(guard.key.clone(), guard.revision));
    }
    let reply = write.core.store.txn(txn).await.map_err(ApiError::internal)?;
    if reply.succeeded {
        return Ok(Outcome::Done(reply.revision));
    }
    let found = reply.responses.into_iter().next().and_then(|response| match response {
        OpResponse::Get(range) => range.kvs.into_iter().next(),
        _ => None,
    });
    Ok(Outcome::Changed(found.map(|kv| Stored { value: kv.value, revision: kv.mod_revision })))
}

/// The canonical bytes of an object. Errors: 500, which a `Value` never gives.
pub(super) fn canonical(object: &Value) -> ApiResult<Bytes> {
    serde_json::to_vec(object).map(Bytes::from).map_err(ApiError::internal)
}
