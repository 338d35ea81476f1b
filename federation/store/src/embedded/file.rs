//! Files and folders of the store: made readable by their owner only, locked, durable in their folder.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};

use super::Options;
use super::backend::{Boxed, clear_unfinished};
use crate::StoreError;

/// Opens or creates the database at `path`, with its folder.
pub(crate) fn open(path: &Path, options: &Options) -> Result<Database, StoreError> {
    let folder = folder_of(path);
    if !folder.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(cannot("create the folder", &folder))?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(cannot("open", path))?;
    lock(&file, path)?;
    let new = file.metadata().map_err(cannot("read the size of", path))?.len() == 0;
    let backend = FileBackend::new(file).map_err(|error| database_error("open", path, error))?;
    let db = open_backend(Box::new(backend), options, path)?;
    if new {
        sync_folder(&folder)?;
    }
    Ok(db)
}

/// Opens or creates the database in a backend; `name` is for messages.
pub(crate) fn open_backend(
    backend: Box<dyn StorageBackend>,
    options: &Options,
    name: &Path,
) -> Result<Database, StoreError> {
    clear_unfinished(&*backend).map_err(cannot("read", name))?;
    Builder::new()
        .set_cache_size(options.cache_bytes)
        .create_with_backend(Boxed(backend))
        .map_err(|error| database_error("open", name, error))
}

/// Moves what is used to the front of the file and cuts the rest off.
pub(crate) fn shrink(path: &Path) -> Result<bool, StoreError> {
    // An existing file only: to shrink a store that is not there is a mistake.
    File::open(path).map_err(cannot("open", path))?;
    let mut db = open(path, &Options::default())?;
    db.compact().map_err(|error| StoreError::File {
        attempt: "shrink",
        path: path.to_owned(),
        source: Arc::new(error),
    })
}

/// Makes a new file that nobody else can read.
pub(crate) fn create_new(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(cannot("create", path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot("sync the folder", folder))
}

/// Gives a finished file its name, durably.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(cannot("rename", from))?;
    sync_folder(&folder_of(to))
}

/// The folder a file lies in.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// What to say when something cannot be done with a file.
pub(crate) fn cannot(attempt: &'static str, path: &Path) -> impl Fn(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::File { attempt, path: path.clone(), source: Arc::new(error) }
}

/// What redb's errors on opening mean.
pub(crate) fn database_error(attempt: &'static str, path: &Path, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::Locked { path: path.to_owned() },
        error => StoreError::File { attempt, path: path.to_owned(), source: Arc::new(error) },
    }
}

/// Locks the file before anything in it is looked at. The lock goes with the file handle, which redb then owns.
fn lock(file: &File, path: &Path) -> Result<(), StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(cannot("lock", path)(error)),
    }
}
