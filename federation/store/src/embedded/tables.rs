//! The tables of the file, and what redb's errors mean to us.

use std::sync::Arc;

use bytes::Bytes;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::record::Record;
use crate::{LeaseId, Revision, StoreError};

/// Where a change lies in the log: its revision, and its place among the changes of that revision.
pub(crate) type LogKey = (u64, u32);

/// Every retained change.
pub(crate) const LOG: TableDefinition<'static, LogKey, &'static [u8]> = TableDefinition::new("log");
/// Leases and the seconds they were granted for.
pub(crate) const LEASES: TableDefinition<'static, i64, i64> = TableDefinition::new("leases");
/// Single numbers, by the names below.
pub(crate) const META: TableDefinition<'static, &'static str, u64> = TableDefinition::new("meta");

/// The layout of the file; a file with another number is refused.
pub(crate) const FORMAT: (&str, u64) = ("format", 1);
/// The oldest revision that can be read.
pub(crate) const COMPACTED: &str = "compacted";
/// The number of the newest lease ever granted.
pub(crate) const LAST_LEASE: &str = "last-lease";

/// An error of redb where the store can go on (a read).
pub(crate) fn failed(attempt: &'static str) -> impl Fn(redb::Error) -> StoreError {
    move |error| match error {
        redb::Error::Corrupted(detail) => StoreError::Corrupt { detail },
        error => StoreError::Failed { attempt, source: Arc::new(error) },
    }
}

/// The tables inside a write transaction.
pub(crate) struct Tables<'t> {
    pub(crate) log: Table<'t, LogKey, &'static [u8]>,
    pub(crate) leases: Table<'t, i64, i64>,
    pub(crate) meta: Table<'t, &'static str, u64>,
}

impl<'t> Tables<'t> {
    /// Opens (and in a new file makes) the tables.
    pub(crate) fn open(write: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            log: write.open_table(LOG)?,
            leases: write.open_table(LEASES)?,
            meta: write.open_table(META)?,
        })
    }

    /// Appends a change.
    pub(crate) fn append(&mut self, at: LogKey, record: &Record<'_>) -> Result<(), redb::Error> {
        let mut room = self.log.insert_reserve(at, record.encoded_len())?;
        record.encode(room.as_mut());
        Ok(())
    }

    /// The value a change wrote.
    pub(crate) fn value(&self, at: LogKey) -> Result<Bytes, StoreError> {
        value_at(&self.log, at)
    }

    /// Writes a number.
    pub(crate) fn set(&mut self, name: &'static str, number: u64) -> Result<(), redb::Error> {
        self.meta.insert(name, number)?;
        Ok(())
    }

    /// Writes a lease.
    pub(crate) fn set_lease(&mut self, lease: LeaseId, ttl_seconds: i64) -> Result<(), redb::Error> {
        self.leases.insert(lease.0, ttl_seconds)?;
        Ok(())
    }
}

/// The log as one reader sees it; later commits do not change it.
pub(crate) struct LogSnapshot {
    log: ReadOnlyTable<LogKey, &'static [u8]>,
}

impl LogSnapshot {
    /// Opens the log in a read transaction.
    pub(crate) fn open(read: &ReadTransaction) -> Result<Self, StoreError> {
        let log = read.open_table(LOG).map_err(|error| failed("opening the log")(error.into()))?;
        Ok(Self { log })
    }

    /// The value a change wrote.
    pub(crate) fn value(&self, at: LogKey) -> Result<Bytes, StoreError> {
        value_at(&self.log, at)
    }

    /// The value a change wrote, unless it was compacted away.
    pub(crate) fn value_if_kept(&self, at: LogKey) -> Result<Option<Bytes>, StoreError> {
        lookup(&self.log, at)
    }

    /// Calls `visit` for the changes of the revisions `from..=to` in order, until it says stop.
    pub(crate) fn visit(
        &self,
        from: Revision,
        to: Revision,
        mut visit: impl FnMut(LogKey, Record<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let fail = failed("reading the log");
        let entries = self.log.range((from, 0)..=(to, u32::MAX)).map_err(|error| fail(error.into()))?;
        for entry in entries {
            let (at, bytes) = entry.map_err(|error| fail(error.into()))?;
            if !visit(at.value(), Record::decode(bytes.value())?)? {
                break;
            }
        }
        Ok(())
    }
}

fn value_at(log: &impl ReadableTable<LogKey, &'static [u8]>, at: LogKey) -> Result<Bytes, StoreError> {
    lookup(log, at)?.ok_or_else(|| StoreError::Corrupt {
        detail: format!("the log has no entry for revision {} step {}, which the index names", at.0, at.1),
    })
}

fn lookup(log: &impl ReadableTable<LogKey, &'static [u8]>, at: LogKey) -> Result<Option<Bytes>, StoreError> {
    match log.get(at).map_err(|error| failed("reading a value")(error.into()))? {
        None => Ok(None),
        Some(bytes) => Ok(Some(Bytes::copy_from_slice(Record::decode(bytes.value())?.value))),
    }
}
