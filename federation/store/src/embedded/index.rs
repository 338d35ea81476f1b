//! Which versions there are: from key and revision to where the value lies. Pure, and persistent: a clone is a
//! snapshot that costs nothing and never changes.

use std::ops::ControlFlow;

use bytes::Bytes;
use imbl::OrdMap;

use super::tables::LogKey;
use crate::{KeyRange, KeyValue, LeaseId, Revision};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct VersionKey {
    key: Bytes,
    revision: Revision,
}

/// What is known about one version without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Its place within its revision.
    pub(crate) step: u32,
    /// 0 for a deletion.
    pub(crate) create_revision: Revision,
    /// 0 for a deletion.
    pub(crate) version: u64,
    pub(crate) lease: Option<LeaseId>,
}

impl Version {
    /// The version that says "deleted".
    pub(crate) fn deletion(step: u32) -> Self {
        Self { step, create_revision: 0, version: 0, lease: None }
    }

    fn is_deletion(&self) -> bool {
        self.version == 0
    }
}

/// A version together with its key and revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) key: Bytes,
    pub(crate) revision: Revision,
    pub(crate) version: Version,
}

impl Found {
    /// Where its value lies.
    pub(crate) fn at(&self) -> LogKey {
        (self.revision, self.version.step)
    }

    /// The pair, once its value is known.
    pub(crate) fn with_value(self, value: Bytes) -> KeyValue {
        KeyValue {
            key: self.key,
            value,
            create_revision: self.version.create_revision,
            mod_revision: self.revision,
            version: self.version.version,
            lease: self.version.lease,
        }
    }
}

/// All retained versions of all keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    versions: OrdMap<VersionKey, Version>,
}

impl Index {
    /// The newest version of `key` at `revision`, deletions included.
    fn newest(&self, key: &Bytes, revision: Revision) -> Option<(&VersionKey, &Version)> {
        let lowest = VersionKey { key: key.clone(), revision: 0 };
        let highest = VersionKey { key: key.clone(), revision };
        self.versions.range(lowest..=highest).next_back()
    }

    /// `key` as it was at `revision`, if it existed.
    pub(crate) fn get(&self, key: &Bytes, revision: Revision) -> Option<Found> {
        let (at, version) = self.newest(key, revision)?;
        (!version.is_deletion()).then(|| Found {
            key: at.key.clone(),
            revision: at.revision,
            version: *version,
        })
    }

    /// The stored handle of `key`, if any version of it is there, so that equal keys share their bytes.
    pub(crate) fn stored_key(&self, key: &Bytes) -> Option<Bytes> {
        self.newest(key, Revision::MAX).map(|(at, _)| at.key.clone())
    }

    /// Calls `visit` for every key that existed at `revision`, in order, until it breaks.
    pub(crate) fn visit(
        &self,
        range: &KeyRange,
        revision: Revision,
        mut visit: impl FnMut(&Bytes, Revision, &Version) -> ControlFlow<()>,
    ) {
        let mut candidate: Option<(&VersionKey, &Version)> = None;
        let mut flush = |candidate: Option<(&VersionKey, &Version)>| match candidate {
            Some((at, version)) if !version.is_deletion() => visit(&at.key, at.revision, version),
            _ => ControlFlow::Continue(()),
        };
        for (at, version) in self.entries(range) {
            if candidate.is_some_and(|(last, _)| last.key != at.key) && flush(candidate.take()).is_break() {
                return;
            }
            if at.revision <= revision {
                candidate = Some((at, version));
            }
        }
        let _ = flush(candidate);
    }

    /// Every key that existed at `revision`, in order.
    pub(crate) fn list(&self, range: &KeyRange, revision: Revision) -> Vec<Found> {
        let mut found = Vec::new();
        self.visit(range, revision, |key, revision, version| {
            found.push(Found { key: key.clone(), revision, version: *version });
            ControlFlow::Continue(())
        });
        found
    }

    fn entries(&self, range: &KeyRange) -> Box<dyn Iterator<Item = (&VersionKey, &Version)> + '_> {
        let bound = |key: &Bytes, revision| VersionKey { key: key.clone(), revision };
        match &range.end {
            _ if range.is_empty() => Box::new(std::iter::empty()),
            None => {
                Box::new(self.versions.range(bound(&range.start, 0)..=bound(&range.start, Revision::MAX)))
            }
            Some(end) if end.is_empty() => Box::new(self.versions.range(bound(&range.start, 0)..)),
            Some(end) => Box::new(self.versions.range(bound(&range.start, 0)..bound(end, 0))),
        }
    }

    /// Adds a version.
    pub(crate) fn insert(&mut self, key: Bytes, revision: Revision, version: Version) {
        self.versions.insert(VersionKey { key, revision }, version);
    }

    /// Forgets a version; tells where its value lies.
    pub(crate) fn remove(&mut self, key: &Bytes, revision: Revision) -> Option<LogKey> {
        let version = self.versions.remove(&VersionKey { key: key.clone(), revision })?;
        Some((revision, version.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(create_revision: Revision, version: u64) -> Version {
        Version { step: 0, create_revision, version, lease: None }
    }

    fn index() -> Index {
        let mut index = Index::default();
        index.insert("a".into(), 2, version(2, 1));
        index.insert("b".into(), 3, version(3, 1));
        index.insert("a".into(), 4, version(2, 2));
        index.insert("b".into(), 5, Version::deletion(0));
        index.insert("c".into(), 6, version(6, 1));
        index
    }

    fn listed(index: &Index, range: &KeyRange, revision: Revision) -> String {
        index
            .list(range, revision)
            .iter()
            .map(|found| format!("{}@{}", String::from_utf8_lossy(&found.key), found.revision))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn every_revision_shows_what_existed_then() {
        let index = index();
        let expected = [(1, ""), (2, "a@2"), (3, "a@2 b@3"), (4, "a@4 b@3"), (5, "a@4"), (6, "a@4 c@6")];
        for (revision, keys) in expected {
            assert_eq!(listed(&index, &KeyRange::all(), revision), keys, "at {revision}");
        }
        assert_eq!(listed(&index, &KeyRange::interval("b", "c"), 4), "b@3");
        assert_eq!(listed(&index, &KeyRange::key("c"), 6), "c@6");
        assert_eq!(listed(&index, &KeyRange::interval("c", "a"), 6), "");
    }

    #[test]
    fn one_key_at_a_revision() {
        let index = index();
        assert_eq!(index.get(&"a".into(), 3).map(|found| found.revision), Some(2));
        assert_eq!(index.get(&"b".into(), 5), None);
    }

    #[test]
    fn a_clone_does_not_change() {
        let mut index = index();
        let before = index.clone();
        index.insert("a".into(), 7, Version::deletion(0));
        assert_eq!(index.remove(&"c".into(), 6), Some((6, 0)));
        assert_eq!(listed(&before, &KeyRange::all(), 9), "a@4 c@6");
        assert_eq!(listed(&index, &KeyRange::all(), 9), "");
    }
}
