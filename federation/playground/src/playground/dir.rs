//! The playground's directory: its own, empty at each start, used by one playground at a time.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, bail};

/// The file that says that a directory is a playground's, and that is locked while one runs.
const MARK: &str = ".cafefed-playground";

/// Empties the directory of an earlier playground, or makes it. Anything that no playground made is left alone and
/// refused. The lock lasts as long as the file is held.
pub(super) fn fresh(dir: &Path) -> anyhow::Result<File> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let mark = dir.join(MARK);
    let empty = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?.next().is_none();
    if !empty && !mark.exists() {
        bail!("{} holds files that no playground made: name an empty --data-dir", dir.display());
    }
    let file = File::create(&mark).with_context(|| format!("cannot write {}", mark.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!("a playground runs in {} already", dir.display()),
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", mark.display()));
        }
    }
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry.with_context(|| format!("cannot read {}", dir.display()))?.path();
        if path == mark {
            continue;
        }
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_own_directory_is_emptied_and_only_when_nobody_uses_it() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        let lock = fresh(&own).unwrap();
        fs::write(own.join("old"), b"x").unwrap();
        assert!(fresh(&own).unwrap_err().to_string().contains("already"));
        assert!(own.join("old").exists());
        drop(lock);
        let _lock = fresh(&own).unwrap();
        assert!(!own.join("old").exists());
        fs::write(dir.path().join("foreign"), b"x").unwrap();
        assert!(fresh(dir.path()).unwrap_err().to_string().contains("no playground made"));
    }
}
