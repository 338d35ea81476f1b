//! Compare-and-set transactions.

use bytes::Bytes;

use crate::{KeyRange, KeyValue, LeaseId, RangeResponse, Revision};

/// A question about one key at the newest revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The key was last written at this revision; 0: the key does not exist.
    ModRevision(Bytes, Revision),
    /// The key was created at this revision; 0: the key does not exist.
    CreateRevision(Bytes, Revision),
    /// The key was written this many times since it was created; 0: the key does not exist.
    Version(Bytes, u64),
    /// The key exists.
    Exists(Bytes),
    /// The key exists and holds this value.
    Value(Bytes, Bytes),
}

/// One step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Write a value.
    Put {
        /// The key; not empty.
        key: Bytes,
        /// Its new value.
        value: Bytes,
        /// Tie the key to a lease; `None` unties it.
        lease: Option<LeaseId>,
    },
    /// Delete what is there in a range.
    Delete {
        /// The keys.
        range: KeyRange,
    },
    /// Read a range; sees the steps before it.
    Get {
        /// The keys.
        range: KeyRange,
    },
}

/// All compares hold → `success`, else `failure`; the steps of the branch run in order and share one revision.
///
/// One branch may not write the same key twice (two puts, or a put and a delete): `StoreError::Invalid`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Txn {
    /// The questions; none is "yes".
    pub compares: Vec<Compare>,
    /// The steps when every answer is yes.
    pub success: Vec<Op>,
    /// The steps otherwise.
    pub failure: Vec<Op>,
}

impl Txn {
    /// Writes one key, whatever is there.
    pub fn put(key: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        Self::of(vec![Op::Put { key: key.into(), value: value.into(), lease: None }])
    }

    /// Deletes one key, if it is there.
    pub fn delete(key: impl Into<Bytes>) -> Self {
        Self::of(vec![Op::Delete { range: KeyRange::key(key) }])
    }

    /// Does these steps.
    pub fn of(success: Vec<Op>) -> Self {
        Self { success, ..Self::default() }
    }

    /// The same under one more condition.
    #[must_use]
    pub fn when(mut self, compare: Compare) -> Self {
        self.compares.push(compare);
        self
    }

    /// The same with these steps when a condition does not hold.
    #[must_use]
    pub fn otherwise(mut self, failure: Vec<Op>) -> Self {
        self.failure = failure;
        self
    }
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxnResponse {
    /// Whether all compares held.
    pub succeeded: bool,
    /// The revision of its changes; the newest revision when it changed nothing.
    pub revision: Revision,
    /// One answer for each step of the branch taken.
    pub responses: Vec<OpResponse>,
}

/// What one step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpResponse {
    /// The key was written.
    Put {
        /// What was there before.
        prev: Option<KeyValue>,
    },
    /// The range was emptied.
    Delete {
        /// How many keys went.
        deleted: u64,
        /// What they were.
        prev: Vec<KeyValue>,
    },
    /// What the range holds. Its `revision` is the one of the transaction.
    Get(RangeResponse),
}
