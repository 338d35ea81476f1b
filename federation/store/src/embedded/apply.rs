//! Runs one transaction against the state in memory and the log.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::batch::State;
use super::index::{Found, Version};
use super::record::Record;
use super::ring::Changes;
use super::tables::{Tables, failed};
use crate::{
    Compare, Event, EventKind, KeyRange, KeyValue, LeaseId, Op, OpResponse, RangeResponse, Revision,
    StoreError, Txn, TxnResponse,
};

/// Why a transaction was not applied.
pub(crate) enum ApplyError {
    /// It breaks a rule; nothing was changed, others go on.
    Refused(StoreError),
    /// The file failed; the whole batch is lost.
    Fatal(StoreError),
}

/// Applies `txn` as the next revision; the changes, if there were any.
pub(crate) fn apply(
    state: &mut State,
    tables: &mut Tables<'_>,
    txn: Txn,
) -> Result<(TxnResponse, Option<Changes>), ApplyError> {
    let mut step = Step::begin(state, tables);
    let succeeded = step.compare_all(&txn.compares).map_err(ApplyError::Fatal)?;
    let branch = if succeeded { txn.success } else { txn.failure };
    step.check_leases(&branch).map_err(ApplyError::Refused)?;
    let mut responses = Vec::with_capacity(branch.len());
    for op in branch {
        responses.push(step.run(op).map_err(ApplyError::Fatal)?);
    }
    let changes = step.finish();
    let revision = state.head;
    for response in &mut responses {
        if let OpResponse::Get(range) = response {
            range.revision = revision;
        }
    }
    Ok((TxnResponse { succeeded, revision, responses }, changes))
}

/// Deletes these keys as the next revision (a lease ended).
pub(crate) fn delete_keys(
    state: &mut State,
    tables: &mut Tables<'_>,
    keys: impl IntoIterator<Item = Bytes>,
) -> Result<Option<Changes>, StoreError> {
    let mut step = Step::begin(state, tables);
    for key in keys {
        if let Some(found) = step.state.index.get(&key, Revision::MAX) {
            step.delete(found)?;
        }
    }
    Ok(step.finish())
}

/// One revision being made. It sees its own changes.
struct Step<'s, 't> {
    state: &'s mut State,
    tables: &'s mut Tables<'t>,
    revision: Revision,
    events: Vec<Event>,
}

impl<'s, 't> Step<'s, 't> {
    fn begin(state: &'s mut State, tables: &'s mut Tables<'t>) -> Self {
        let revision = state.head + 1;
        Self { state, tables, revision, events: Vec::new() }
    }

    /// Takes the revision if anything was changed.
    fn finish(self) -> Option<Changes> {
        if self.events.is_empty() {
            return None;
        }
        self.state.head = self.revision;
        Some(Changes { revision: self.revision, events: self.events })
    }

    fn compare_all(&self, compares: &[Compare]) -> Result<bool, StoreError> {
        for compare in compares {
            if !self.compare(compare)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn compare(&self, compare: &Compare) -> Result<bool, StoreError> {
        let now = |key: &Bytes| self.state.index.get(key, Revision::MAX);
        Ok(match compare {
            Compare::ModRevision(key, revision) => now(key).map_or(0, |found| found.revision) == *revision,
            Compare::CreateRevision(key, revision) => {
                now(key).map_or(0, |found| found.version.create_revision) == *revision
            }
            Compare::Version(key, version) => now(key).map_or(0, |found| found.version.version) == *version,
            Compare::Exists(key) => now(key).is_some(),
            Compare::Value(key, value) => match now(key) {
                None => false,
                Some(found) => self.tables.value(found.at())? == value,
            },
        })
    }

    fn check_leases(&self, ops: &[Op]) -> Result<(), StoreError> {
        for op in ops {
            if let Op::Put { lease: Some(id), .. } = op
                && !self.state.leases.contains(*id)
            {
                return Err(StoreError::LeaseNotFound { id: *id });
            }
        }
        Ok(())
    }

    fn run(&mut self, op: Op) -> Result<OpResponse, StoreError> {
        match op {
            Op::Put { key, value, lease } => self.put(&key, value, lease),
            Op::Delete { range } => {
                let found = self.state.index.list(&range, Revision::MAX);
                let prev =
                    found.into_iter().map(|found| self.delete(found)).collect::<Result<Vec<_>, _>>()?;
                Ok(OpResponse::Delete { deleted: prev.len() as u64, prev })
            }
            Op::Get { range } => self.get(&range),
        }
    }

    fn put(&mut self, key: &Bytes, value: Bytes, lease: Option<LeaseId>) -> Result<OpResponse, StoreError> {
        // A copy, because the key may be a part of a large request that it would keep in memory.
        let key = self.state.index.stored_key(key).unwrap_or_else(|| Bytes::copy_from_slice(key));
        let prev = match self.state.index.get(&key, Revision::MAX) {
            None => None,
            Some(found) => Some(self.read(found)?),
        };
        let (create_revision, written) =
            prev.as_ref().map_or((self.revision, 0), |prev| (prev.create_revision, prev.version));
        let version = written + 1;
        let record =
            Record { kind: EventKind::Put, create_revision, version, lease, key: &key, value: &value };
        self.append(&record)?;
        let entry = Version { step: self.next_step(), create_revision, version, lease };
        self.state.index.insert(key.clone(), self.revision, entry);
        if let Some(prev) = &prev {
            self.state.garbage.replaced(key.clone(), prev.mod_revision, self.revision);
        }
        self.state.leases.attach(&key, prev.as_ref().and_then(|prev| prev.lease), lease);
        let kv = KeyValue { key, value, create_revision, mod_revision: self.revision, version, lease };
        self.events.push(Event { kind: EventKind::Put, kv, prev: prev.clone() });
        Ok(OpResponse::Put { prev })
    }

    /// Deletes what was found; gives what was there.
    fn delete(&mut self, found: Found) -> Result<KeyValue, StoreError> {
        let prev = self.read(found)?;
        let key = prev.key.clone();
        self.append(&Record::deletion(&key))?;
        self.state.index.insert(key.clone(), self.revision, Version::deletion(self.next_step()));
        self.state.garbage.replaced(key.clone(), prev.mod_revision, self.revision);
        self.state.garbage.deleted(key.clone(), self.revision);
        self.state.leases.attach(&key, prev.lease, None);
        let kv = KeyValue::deleted(key, self.revision);
        self.events.push(Event { kind: EventKind::Delete, kv, prev: Some(prev.clone()) });
        Ok(prev)
    }

    fn get(&self, range: &KeyRange) -> Result<OpResponse, StoreError> {
        let mut found = Vec::new();
        self.state.index.visit(range, Revision::MAX, |key, revision, version| {
            found.push(Found { key: key.clone(), revision, version: *version });
            ControlFlow::Continue(())
        });
        let kvs = found.into_iter().map(|found| self.read(found)).collect::<Result<Vec<_>, _>>()?;
        Ok(OpResponse::Get(RangeResponse { revision: 0, count: kvs.len() as u64, kvs, more: false }))
    }

    fn read(&self, found: Found) -> Result<KeyValue, StoreError> {
        let value = self.tables.value(found.at())?;
        Ok(found.with_value(value))
    }

    fn append(&mut self, record: &Record<'_>) -> Result<(), StoreError> {
        let at = (self.revision, self.next_step());
        self.tables.append(at, record).map_err(failed("writing a change"))
    }

    /// The place of the next change within this revision: a transaction deletes at most the keys there are.
    fn next_step(&self) -> u32 {
        u32::try_from(self.events.len()).unwrap_or(u32::MAX)
    }
}
