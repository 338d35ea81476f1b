//! The folder of one run: logs, keys, data of the programs in it.
//!
//! It is removed when the run says that it went well ([`Workdir::remove`]). A run that ends in any other way — a
//! panic, an error returned by `?`, a lost process — leaves the folder and says where it is.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

/// Folders of failed runs are kept this long, then the next run removes them.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A folder that outlives a failed run.
#[derive(Debug)]
pub struct Workdir {
    path: PathBuf,
    removed: bool,
}

impl Workdir {
    /// Makes a new folder whose name begins with `name`, below the system's folder for temporary files.
    pub fn create(name: &str) -> Result<Self> {
        let base = std::env::temp_dir().join("cafefed-e2e");
        std::fs::create_dir_all(&base).with_context(|| format!("make {}", base.display()))?;
        sweep(&base);
        let path = tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .tempdir_in(&base)
            .with_context(|| format!("make a folder in {}", base.display()))?
            .keep();
        Ok(Self { path, removed: false })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of an entry of the folder.
    pub fn join(&self, entry: impl AsRef<Path>) -> PathBuf {
        self.path.join(entry)
    }

    /// Writes a file into the folder and returns its path.
    pub fn write(&self, entry: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.join(entry);
        std::fs::write(&path, content).with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    }

    /// Removes the folder: the run went well. With `CAFEFED_KEEP` in the environment it stays all the same.
    pub fn remove(&mut self) {
        self.removed = true;
        if std::env::var_os("CAFEFED_KEEP").is_none() {
            // What cannot be removed now is swept by a later run.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

impl Drop for Workdir {
    #[expect(clippy::print_stderr, reason = "the path belongs into the output of the failed test")]
    fn drop(&mut self) {
        if !self.removed {
            eprintln!("logs and data of this run are kept in {}", self.path.display());
        }
    }
}

/// Removes what failed runs left long ago. Errors are left to the next run.
fn sweep(base: &Path) {
    let now = SystemTime::now();
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|data| data.modified()).map(|at| now.duration_since(at));
        if matches!(age, Ok(Ok(age)) if age > KEPT) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_that_went_well_removes_its_folder() {
        let mut good = Workdir::create("unit").unwrap();
        good.write("log", "x").unwrap();
        good.remove();
        assert!(!good.path().exists() || std::env::var_os("CAFEFED_KEEP").is_some());

        let failed = Workdir::create("unit").unwrap();
        let path = failed.path().to_owned();
        drop(failed);
        assert!(path.exists());
        std::fs::remove_dir_all(path).unwrap();
    }
}
