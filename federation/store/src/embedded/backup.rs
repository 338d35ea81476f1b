//! A consistent copy of the store while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{Builder, Database, Durability, Key, ReadTransaction, ReadableTable, TableDefinition, Value};

use super::file;
use super::shared::Shared;
use super::tables::{LEASES, LOG, META};
use crate::{Revision, StoreError};

/// Entries per transaction of the copy: bounds its memory.
const CHUNK: usize = 2048;

/// Copies the state of the newest revision into a new file `to`; gives that revision. Writers go on meanwhile.
pub(crate) fn backup(shared: &Shared, to: &Path) -> Result<Revision, StoreError> {
    if to.exists() {
        return Err(StoreError::Invalid(format!("{} exists already; choose another file", to.display())));
    }
    let (head, read) = shared.begin_read()?;
    let partial = partial_name(to);
    let result = write_copy(&read, &partial).and_then(|()| file::rename(&partial, to));
    if result.is_err() {
        // Best effort: the error that is reported is the one that matters.
        let _ = std::fs::remove_file(&partial);
    }
    result.map(|()| head)
}

fn partial_name(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn write_copy(read: &ReadTransaction, path: &Path) -> Result<(), StoreError> {
    let backend = FileBackend::new(file::create_new(path)?)
        .map_err(|error| file::database_error("create", path, error))?;
    let copy = Builder::new()
        .create_with_backend(backend)
        .map_err(|error| file::database_error("create", path, error))?;
    let copied = copy_table(read, &copy, LOG)
        .and_then(|()| copy_table(read, &copy, LEASES))
        .and_then(|()| copy_table(read, &copy, META))
        .and_then(|()| sync(&copy));
    copied.map_err(|error| StoreError::File {
        attempt: "write the backup",
        path: path.to_owned(),
        source: Arc::new(error),
    })
}

fn copy_table<K: Key + 'static, V: Value + 'static>(
    read: &ReadTransaction,
    copy: &Database,
    definition: TableDefinition<'static, K, V>,
) -> Result<(), redb::Error> {
    let source = read.open_table(definition)?;
    let mut entries = source.iter()?.peekable();
    loop {
        let mut write = copy.begin_write()?;
        // One durable commit at the end is enough: an unfinished copy is thrown away.
        write.set_durability(Durability::None)?;
        {
            let mut target = write.open_table(definition)?;
            for entry in entries.by_ref().take(CHUNK) {
                let (key, value) = entry?;
                target.insert(key.value(), value.value())?;
            }
        }
        write.commit()?;
        if entries.peek().is_none() {
            return Ok(());
        }
    }
}

fn sync(copy: &Database) -> Result<(), redb::Error> {
    copy.begin_write()?.commit()?;
    Ok(())
}
