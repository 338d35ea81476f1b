//! Where the programs of this workspace are: built by cargo, next to the test that asks.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The programs of this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// The hub.
    FederationHub,
    /// The agent of one member cluster.
    MemberAgent,
    /// The command line.
    Fedctl,
}

impl Own {
    /// The file name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Self::FederationHub => "federation-hub",
            Self::MemberAgent => "member-agent",
            Self::Fedctl => "fedctl",
        }
    }
}

/// The path of one of our programs: `$CAFEFED_BIN/PROGRAM` when that is set, else beside the running test in
/// cargo's target folder. A test of this crate cannot make cargo build another crate's binary, so it must be
/// there: `make test` builds the programs first.
pub fn path_of(own: Own) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CAFEFED_BIN") {
        return find_in(Path::new(&folder), own);
    }
    let test = std::env::current_exe().context("find the running test")?;
    // target/debug/deps/the_test-0123 -> target/debug
    let folder = test.ancestors().nth(2).context("the running test is not in a target folder")?;
    find_in(folder, own)
}

fn find_in(folder: &Path, own: Own) -> Result<PathBuf> {
    let path = folder.join(own.program());
    if !path.is_file() {
        bail!("{} is not built: run cargo build (or set CAFEFED_BIN to its folder)", path.display());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_how_to_get_it() {
        let empty = tempfile::tempdir().unwrap();
        let error = find_in(empty.path(), Own::Fedctl).unwrap_err().to_string();
        assert!(error.contains("fedctl is not built: run cargo build"), "{error}");
        std::fs::write(empty.path().join("fedctl"), "").unwrap();
        assert_eq!(find_in(empty.path(), Own::Fedctl).unwrap(), empty.path().join("fedctl"));
    }
}
