//! The files under `--state-dir`: one per Work, template and Secret, each replaced as a whole.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;

use super::Record;
use crate::join;

/// The directory.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

/// A file that cannot be read or written.
#[derive(Debug, Error)]
pub enum DiskError {
    /// The system said no.
    #[error("cannot {attempt} {}", path.display())]
    File {
        /// What was tried.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The content is not what was written.
    #[error("{} is damaged; delete it, the hub will send it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

const WORKS: &str = "works";
const TEMPLATES: &str = "templates";
const SECRETS: &str = "secrets";

impl Disk {
    /// Makes the directories, for their owner alone.
    pub fn open(root: &Path) -> Result<Self, DiskError> {
        for part in [WORKS, TEMPLATES, SECRETS] {
            let path = root.join(part);
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&path)
                .map_err(|source| DiskError::File { attempt: "create", path, source })?;
        }
        Ok(Self { root: root.to_owned() })
    }

    pub(super) fn load_works(&self) -> Result<BTreeMap<String, Record>, DiskError> {
        let mut works = BTreeMap::new();
        for name in self.names(WORKS)? {
            if let Some(record) = self.load(WORKS, &name)? {
                works.insert(name, record);
            }
        }
        Ok(works)
    }

    pub(super) fn save_work(&self, name: &str, record: &Record) -> Result<(), DiskError> {
        self.save(WORKS, name, record)
    }

    pub(super) fn remove_work(&self, name: &str) -> Result<(), DiskError> {
        self.remove(WORKS, name)
    }

    pub(super) fn load_template(&self, digest: &str) -> Result<Option<Value>, DiskError> {
        self.load(TEMPLATES, digest)
    }

    pub(super) fn has_template(&self, digest: &str) -> bool {
        self.path(TEMPLATES, digest).exists()
    }

    pub(super) fn save_template(&self, digest: &str, manifest: &Value) -> Result<(), DiskError> {
        self.save(TEMPLATES, digest, manifest)
    }

    pub(super) fn load_secret(&self, name: &str) -> Result<Option<Value>, DiskError> {
        self.load(SECRETS, name)
    }

    pub(super) fn save_secret(&self, name: &str, manifest: &Value) -> Result<(), DiskError> {
        self.save(SECRETS, name, manifest)
    }

    /// Removes all templates but these.
    pub(super) fn keep_templates(&self, needed: &BTreeSet<String>) -> Result<(), DiskError> {
        for name in self.names(TEMPLATES)?.into_iter().filter(|name| !needed.contains(name)) {
            self.remove(TEMPLATES, &name)?;
        }
        Ok(())
    }

    pub(super) fn load_carried_out(&self) -> Result<VecDeque<String>, DiskError> {
        Ok(self.load(".", "carried-out")?.unwrap_or_default())
    }

    pub(super) fn save_carried_out(&self, uids: &VecDeque<String>) -> Result<(), DiskError> {
        self.save(".", "carried-out", uids)
    }

    /// What the hub says of this member, if it was kept.
    pub(crate) fn load_member(&self) -> Result<Option<crds::federation::MemberClusterSpec>, DiskError> {
        self.load(".", "member")
    }

    /// Keeps what the hub says of this member.
    pub(crate) fn save_member(&self, spec: &crds::federation::MemberClusterSpec) -> Result<(), DiskError> {
        self.save(".", "member", spec)
    }

    fn path(&self, part: &str, name: &str) -> PathBuf {
        self.root.join(part).join(format!("{name}.json"))
    }

    fn names(&self, part: &str) -> Result<Vec<String>, DiskError> {
        let dir = self.root.join(part);
        let fail = |source| DiskError::File { attempt: "list", path: dir.clone(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&dir).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            if let Some(name) = name.to_str().and_then(|n| n.strip_suffix(".json")) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn load<T: serde::de::DeserializeOwned>(&self, part: &str, name: &str) -> Result<Option<T>, DiskError> {
        let path = self.path(part, name);
        match std::fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(value) => Ok(Some(value)),
                Err(source) => Err(DiskError::Damaged { path, source }),
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DiskError::File { attempt: "read", path, source }),
        }
    }

    fn save<T: serde::Serialize>(&self, part: &str, name: &str, value: &T) -> Result<(), DiskError> {
        let path = self.path(part, name);
        let bytes =
            serde_json::to_vec(value).map_err(|source| DiskError::Damaged { path: path.clone(), source })?;
        join::write_private(&path, &bytes).map_err(|source| DiskError::File {
            attempt: "write",
            path,
            source,
        })
    }

    fn remove(&self, part: &str, name: &str) -> Result<(), DiskError> {
        let path = self.path(part, name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(DiskError::File { attempt: "remove", path, source })
            }
            _ => Ok(()),
        }
    }
}
