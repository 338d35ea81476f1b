//! A stored value with its versions.

use bytes::Bytes;

use crate::LeaseId;

/// A point in the life of the whole store. Every transaction that changes something takes the next one; an empty
/// store stands at 1, so the first change has revision 2 (as in etcd).
pub type Revision = u64;

/// One key at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: Bytes,
    /// The value; empty for a deletion and where only keys were asked for.
    pub value: Bytes,
    /// The revision that created the key; 0 for a deletion.
    pub create_revision: Revision,
    /// The revision that wrote this value (or deleted the key).
    pub mod_revision: Revision,
    /// How many times the key was written since it was created, from 1; 0 for a deletion.
    pub version: u64,
    /// The lease that deletes the key when it ends.
    pub lease: Option<LeaseId>,
}

impl KeyValue {
    /// What a deletion of `key` at `revision` looks like.
    pub(crate) fn deleted(key: Bytes, revision: Revision) -> Self {
        Self { key, value: Bytes::new(), create_revision: 0, mod_revision: revision, version: 0, lease: None }
    }
}
