//! Where the bytes of the file lie: any storage backend, and the check for a file whose creation was interrupted.

use std::io;
use std::ops::Bound;

use redb::{BackendError, StorageBackend};

/// A backend chosen at run time.
#[derive(Debug)]
pub(crate) struct Boxed(pub(crate) Box<dyn StorageBackend>);

impl StorageBackend for Boxed {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}

/// Bytes of the magic number at the beginning of a redb file.
const MAGIC: usize = 9;
/// The page that holds the header.
const HEADER_PAGE: u64 = 4096;
/// A new file is about one MiB; a larger one has been in use.
const LARGEST_NEW: u64 = 16 << 20;

/// Empties a file whose creation was interrupted, so that it is created again.
///
/// redb sizes a new file and writes its header without the magic number, syncs, then writes the magic number; only
/// then can a commit follow. So a file without magic number and with nothing behind the header page never held
/// anything. Everything else is left alone (redb refuses what is not its own).
pub(crate) fn clear_unfinished(backend: &dyn StorageBackend) -> io::Result<()> {
    let len = backend.len()?;
    if len == 0 || len > LARGEST_NEW {
        return Ok(());
    }
    let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    backend.read(0, &mut bytes)?;
    let body = bytes.get(HEADER_PAGE as usize..).unwrap_or_default();
    let unfinished = bytes.iter().take(MAGIC).all(|byte| *byte == 0) && body.iter().all(|byte| *byte == 0);
    if unfinished {
        tracing::warn!(bytes = len, "the creation of the store was interrupted; creating it again");
        backend.set_len(0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    fn cleared(len: u64, writes: &[(u64, u8)]) -> bool {
        let backend = InMemoryBackend::new();
        backend.set_len(len).expect("memory grows");
        for (offset, byte) in writes {
            backend.write(*offset, &[*byte]).expect("memory is writable");
        }
        clear_unfinished(&backend).expect("memory is readable");
        backend.len().expect("memory has a length") == 0
    }

    #[test]
    fn only_a_file_that_never_held_anything_is_cleared() {
        assert!(cleared(1 << 20, &[]));
        assert!(cleared(1 << 20, &[(20, 7)]), "a header without magic number");
        assert!(cleared(5, &[]), "cut within the magic number");
        assert!(!cleared(1 << 20, &[(0, b'r')]), "a magic number");
        assert!(!cleared(1 << 20, &[(9000, 1)]), "data behind the header");
        assert!(!cleared(LARGEST_NEW + 1, &[]), "a file in use");
    }
}
