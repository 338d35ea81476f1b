//! An MVCC key-value store with the semantics of etcd: the trait, the embedded store, the etcd store.
//!
//! Reading order: [`Store`] says what a store does, `key_range`, `kv`, `range`, `txn`, `watch` and `lease` hold
//! the words it is said in, [`StoreError`] what can go wrong. [`EmbeddedStore`] keeps everything in one file (or in
//! memory); with the feature `etcd`, `EtcdStore` keeps it in etcd. One contract suite runs against all of them.
//!
//! What never happens here: a write is acknowledged before it is durable; a revision is split between two events
//! messages; a reader waits for a writer; the crate knows what its keys and values mean.

mod embedded;
mod error;
#[cfg(feature = "etcd")]
mod etcd;
mod key_range;
mod kv;
mod lease;
mod limits;
mod range;
mod retention;
mod store;
mod txn;
mod watch;

pub use embedded::{EmbeddedStore, Options};
pub use error::{Cause, StoreError};
#[cfg(feature = "etcd")]
pub use etcd::{EtcdOptions, EtcdStore, EtcdTls};
pub use key_range::KeyRange;
pub use kv::{KeyValue, Revision};
pub use lease::{Lease, LeaseId};
pub use limits::{MAX_KEY_BYTES, MAX_TXN_OPERATIONS};
pub use range::{RangeRequest, RangeResponse};
pub use retention::{Retention, keep_history};
pub use store::Store;
pub use txn::{Compare, Op, OpResponse, Txn, TxnResponse};
pub use watch::{Event, EventKind, WatchRequest, WatchResponse, WatchStream};
