//! How one change is written into the log.
//!
//! `kind u8 · create_revision u64 · version u64 · lease i64 (0: none) · key length u32 · key · value`, little endian.
//! The revision and the step within it are the key of the log entry.

use bytes::Bytes;

use crate::{Event, EventKind, KeyValue, LeaseId, Revision, StoreError};

const HEADER: usize = 1 + 8 + 8 + 8 + 4;
const PUT: u8 = 1;
const DELETE: u8 = 2;

/// One change as it lies in the log, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) kind: EventKind,
    pub(crate) create_revision: Revision,
    pub(crate) version: u64,
    pub(crate) lease: Option<LeaseId>,
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record of a deletion.
    pub(crate) fn deletion(key: &'a [u8]) -> Self {
        Self { kind: EventKind::Delete, create_revision: 0, version: 0, lease: None, key, value: &[] }
    }

    /// The number of bytes [`Record::encode`] fills.
    pub(crate) fn encoded_len(&self) -> usize {
        HEADER + self.key.len() + self.value.len()
    }

    /// Fills `out`, which has exactly [`Record::encoded_len`] bytes.
    pub(crate) fn encode(&self, out: &mut [u8]) {
        out[0] = match self.kind {
            EventKind::Put => PUT,
            EventKind::Delete => DELETE,
        };
        out[1..9].copy_from_slice(&self.create_revision.to_le_bytes());
        out[9..17].copy_from_slice(&self.version.to_le_bytes());
        out[17..25].copy_from_slice(&self.lease.map_or(0, |lease| lease.0).to_le_bytes());
        // Keys are at most MAX_KEY_BYTES, so the length fits.
        out[25..29].copy_from_slice(&(self.key.len() as u32).to_le_bytes());
        let (key, value) = out[HEADER..].split_at_mut(self.key.len());
        key.copy_from_slice(self.key);
        value.copy_from_slice(self.value);
    }

    /// Reads a record back.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, StoreError> {
        Self::parse(bytes).ok_or_else(|| StoreError::Corrupt {
            detail: format!("a log entry of {} bytes cannot be read", bytes.len()),
        })
    }

    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let kind = match *kind {
            PUT => EventKind::Put,
            DELETE => EventKind::Delete,
            _ => return None,
        };
        let (create_revision, rest) = rest.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk::<8>()?;
        let (lease, rest) = rest.split_first_chunk::<8>()?;
        let (key_len, rest) = rest.split_first_chunk::<4>()?;
        let (key, value) = rest.split_at_checked(u32::from_le_bytes(*key_len) as usize)?;
        let lease = i64::from_le_bytes(*lease);
        Some(Self {
            kind,
            create_revision: u64::from_le_bytes(*create_revision),
            version: u64::from_le_bytes(*version),
            lease: (lease != 0).then_some(LeaseId(lease)),
            key,
            value,
        })
    }

    /// The pair this record wrote at `revision`, under a key the caller already holds.
    pub(crate) fn to_key_value(self, key: Bytes, revision: Revision) -> KeyValue {
        KeyValue {
            key,
            value: Bytes::copy_from_slice(self.value),
            create_revision: self.create_revision,
            mod_revision: revision,
            version: self.version,
            lease: self.lease,
        }
    }

    /// The event this record is at `revision`.
    pub(crate) fn to_event(self, revision: Revision, prev: Option<KeyValue>) -> Event {
        let key = Bytes::copy_from_slice(self.key);
        let kv = match self.kind {
            EventKind::Put => self.to_key_value(key, revision),
            EventKind::Delete => KeyValue::deleted(key, revision),
        };
        Event { kind: self.kind, kv, prev }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            put: bool, create_revision: u64, version: u64, lease in 1i64.., key: Vec<u8>, value: Vec<u8>,
        ) {
            let kind = if put { EventKind::Put } else { EventKind::Delete };
            let record =
                Record { kind, create_revision, version, lease: Some(LeaseId(lease)), key: &key, value: &value };
            let mut bytes = vec![0; record.encoded_len()];
            record.encode(&mut bytes);
            prop_assert_eq!(Record::decode(&bytes).expect("it was just encoded"), record);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Record::decode(&bytes);
        }
    }

    #[test]
    fn a_short_entry_is_corrupt() {
        let record = Record::deletion(b"key");
        let mut bytes = vec![0; record.encoded_len()];
        record.encode(&mut bytes);
        for len in 0..bytes.len() {
            assert!(matches!(Record::decode(&bytes[..len]), Err(StoreError::Corrupt { .. })), "{len}");
        }
    }
}
