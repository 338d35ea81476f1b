//! The files of this tree that people write and read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders that hold no sources of ours.
const SKIPPED: [&str; 4] = ["target", "node_modules", ".git", ".playground"];

/// The endings of the text files that are looked at.
const ENDINGS: [&str; 10] = ["rs", "md", "toml", "sh", "yaml", "yml", "mod", "txt", "proto", "run"];

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path below the root.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

impl Source {
    /// A source, for tests of checks.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.to_owned() }
    }

    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending == "rs")
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // e2e/tidy is two folders below the root.
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// All text files below `root`, in the order of their paths.
pub fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    collect(root, root, &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(root, &path, found)?;
            }
        } else if is_text(&path, &name) {
            let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            let path = path.strip_prefix(root).unwrap_or(&path).to_owned();
            found.push(Source { path, text });
        }
    }
    Ok(())
}

fn is_text(path: &Path, name: &str) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    name == "Makefile" || ENDINGS.contains(&ending.as_str())
}
