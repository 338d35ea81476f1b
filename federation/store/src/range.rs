//! Reading keys, now or as they were.

use crate::{KeyRange, KeyValue, Revision};

/// A read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeRequest {
    /// The keys.
    pub range: KeyRange,
    /// At most this many pairs, the lowest keys first. `None` (and 0, as in etcd) is no limit.
    pub limit: Option<usize>,
    /// The state after this revision; `None` (and 0) is the newest.
    pub revision: Option<Revision>,
    /// Leave the values out; costs no disk read.
    pub keys_only: bool,
}

impl RangeRequest {
    /// Everything in `range`, now, with values.
    pub fn new(range: KeyRange) -> Self {
        Self { range, limit: None, revision: None, keys_only: false }
    }

    /// The same with at most `limit` pairs.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The same as it was at `revision`.
    #[must_use]
    pub fn at(mut self, revision: Revision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// The same without values.
    #[must_use]
    pub fn keys_only(mut self) -> Self {
        self.keys_only = true;
        self
    }
}

/// What a read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeResponse {
    /// The newest revision of the store at the time of the read, also where an older one was asked for.
    pub revision: Revision,
    /// The pairs in the order of their keys.
    pub kvs: Vec<KeyValue>,
    /// Whether the limit left some out.
    pub more: bool,
    /// How many keys the range holds at that revision, limit or not.
    pub count: u64,
}
