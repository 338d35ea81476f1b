//! Files that are there whole or not at all, and that only their owner can read.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::PkiError;

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> PkiError {
    let path = path.to_owned();
    move |source| PkiError::Io { attempt, path, source }
}

/// Makes `dir` with mode 0700, or takes other people's rights from it.
pub(super) fn make_private_dir(dir: &Path) -> Result<(), PkiError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(failed("make the directory", dir))?;
    let mode = fs::metadata(dir).map_err(failed("look at", dir))?.permissions().mode();
    if mode & 0o077 != 0 {
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(dir, private).map_err(failed("take other people's rights from", dir))?;
    }
    Ok(())
}

/// The text of a file, or `None` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, PkiError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Writes a file of mode 0600 in one step: a reader sees the old content or the new, also after a
/// power cut.
///
/// # Errors
/// The file system refuses; what was there is unchanged.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), PkiError> {
    write(path, content, 0o600)
}

/// [`write_private`] for content everybody may read (mode 0644).
pub(super) fn write_public(path: &Path, content: &[u8]) -> Result<(), PkiError> {
    write(path, content, 0o644)
}

fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), PkiError> {
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The process id keeps two programs apart that write the same file.
    let fresh = dir.join(format!(".{name}.{}.new", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&fresh)
        .map_err(failed("make", &fresh))?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| fs::rename(&fresh, path)) {
        // The half-written file is of no use; failing to remove it changes nothing.
        let _ = fs::remove_file(&fresh);
        return Err(failed("write", path)(error));
    }
    File::open(dir).and_then(|d| d.sync_all()).map_err(failed("make durable the directory", dir))
}
