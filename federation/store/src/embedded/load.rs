//! Opens the tables and rebuilds from the log what is kept in memory.

use std::time::Instant;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable};

use super::batch::State;
use super::garbage::Garbage;
use super::index::{Index, Version};
use super::leases::Leases;
use super::record::Record;
use super::tables::{COMPACTED, FORMAT, LAST_LEASE, LEASES, LogKey, LogSnapshot, META, Tables, failed};
use crate::{EventKind, Lease, LeaseId, Revision, StoreError};

/// The revision of an empty store.
const EMPTY: Revision = 1;

/// Makes the tables in a new file, checks the format of an old one, and reads the state.
pub(crate) fn load(db: &Database, now: Instant) -> Result<State, StoreError> {
    prepare(db)?;
    read(db, now)
}

fn prepare(db: &Database) -> Result<(), StoreError> {
    let fail = failed("preparing the file");
    let write = db.begin_write().map_err(|error| fail(error.into()))?;
    let found = {
        let mut tables = Tables::open(&write).map_err(&fail)?;
        let found =
            tables.meta.get(FORMAT.0).map_err(|error| fail(error.into()))?.map(|number| number.value());
        if found.is_none() {
            tables.set(FORMAT.0, FORMAT.1).map_err(&fail)?;
        }
        found
    };
    match found {
        None => write.commit().map_err(|error| fail(error.into())),
        Some(number) => {
            write.abort().map_err(|error| fail(error.into()))?;
            if number != FORMAT.1 {
                return Err(StoreError::Invalid(format!(
                    "the file has format {number}, this program reads format {}; use the program that wrote it",
                    FORMAT.1
                )));
            }
            Ok(())
        }
    }
}

fn read(db: &Database, now: Instant) -> Result<State, StoreError> {
    let fail = failed("reading the file");
    let read = db.begin_read().map_err(|error| fail(error.into()))?;
    let meta = read.open_table(META).map_err(|error| fail(error.into()))?;
    let number = |name| -> Result<u64, StoreError> {
        Ok(meta.get(name).map_err(|error| fail(error.into()))?.map_or(0, |number| number.value()))
    };
    let mut state = State {
        head: EMPTY,
        compacted: number(COMPACTED)?,
        index: Index::default(),
        garbage: Garbage::default(),
        leases: Leases::default(),
        last_lease: number(LAST_LEASE)?,
    };
    let leases = read.open_table(LEASES).map_err(|error| fail(error.into()))?;
    for entry in leases.iter().map_err(|error| fail(error.into()))? {
        let (id, ttl_seconds) = entry.map_err(|error| fail(error.into()))?;
        state.leases.grant(Lease { id: LeaseId(id.value()), ttl_seconds: ttl_seconds.value() }, now);
    }
    LogSnapshot::open(&read)?.visit(0, Revision::MAX, |at, record| {
        replay(&mut state, at, record);
        Ok(true)
    })?;
    Ok(state)
}

/// Does to the state what applying the change did.
fn replay(state: &mut State, (revision, step): LogKey, record: Record<'_>) {
    let key = Bytes::copy_from_slice(record.key);
    let key = state.index.stored_key(&key).unwrap_or(key);
    let prev = state.index.get(&key, Revision::MAX);
    if let Some(prev) = &prev {
        state.garbage.replaced(key.clone(), prev.revision, revision);
    }
    let version = match record.kind {
        EventKind::Put => Version {
            step,
            create_revision: record.create_revision,
            version: record.version,
            lease: record.lease,
        },
        EventKind::Delete => {
            state.garbage.deleted(key.clone(), revision);
            Version::deletion(step)
        }
    };
    state.leases.attach(&key, prev.and_then(|prev| prev.version.lease), version.lease);
    state.index.insert(key, revision, version);
    state.head = revision;
}
