//! Which versions a compaction may forget. Pure.
//!
//! A version that a newer one replaced at revision `r` is needed to read revisions before `r` only. A deletion at
//! revision `r` is needed up to `r` itself, because a watch may start there. Both are noted when they happen, so a
//! compaction touches what it frees and nothing else. They are freed in the order in which they become garbage: a
//! deletion that went before the version it hides would bring that version back.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::Revision;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    /// From this compaction on it is garbage.
    since: Revision,
    key: Bytes,
    revision: Revision,
}

/// Versions waiting for a compaction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Garbage {
    replaced: VecDeque<Candidate>,
    deleted: VecDeque<Candidate>,
}

impl Garbage {
    /// The version of `key` at `revision` was replaced at `by`. Called in the order of `by`.
    pub(crate) fn replaced(&mut self, key: Bytes, revision: Revision, by: Revision) {
        self.replaced.push_back(Candidate { since: by, key, revision });
    }

    /// `key` was deleted at `revision`. Called in the order of `revision`.
    pub(crate) fn deleted(&mut self, key: Bytes, revision: Revision) {
        self.deleted.push_back(Candidate { since: revision + 1, key, revision });
    }

    /// Whether a compaction to `compacted` leaves something to free.
    pub(crate) fn is_due(&self, compacted: Revision) -> bool {
        let due = |queue: &VecDeque<Candidate>| queue.front().is_some_and(|first| first.since <= compacted);
        due(&self.replaced) || due(&self.deleted)
    }

    /// The next version to forget.
    pub(crate) fn next(&mut self, compacted: Revision) -> Option<(Bytes, Revision)> {
        let first = |queue: &VecDeque<Candidate>| queue.front().map_or(Revision::MAX, |first| first.since);
        let (replaced, deleted) = (first(&self.replaced), first(&self.deleted));
        if replaced.min(deleted) > compacted {
            return None;
        }
        let queue = if replaced <= deleted { &mut self.replaced } else { &mut self.deleted };
        queue.pop_front().map(|candidate| (candidate.key, candidate.revision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frees_exactly_what_no_readable_revision_needs() {
        let mut garbage = Garbage::default();
        garbage.replaced("a".into(), 2, 3);
        garbage.replaced("a".into(), 3, 4);
        garbage.deleted("a".into(), 4);
        assert!(!garbage.is_due(2));
        assert_eq!(garbage.next(3), Some(("a".into(), 2)));
        assert_eq!(garbage.next(3), None);
        assert_eq!(garbage.next(4), Some(("a".into(), 3)));
        assert_eq!(garbage.next(4), None, "the deletion at 4 is still readable by a watch from 4");
        assert_eq!(garbage.next(5), Some(("a".into(), 4)));
        assert!(!garbage.is_due(1_000_000));
    }

    #[test]
    fn a_deletion_goes_after_the_version_it_hides_and_before_what_came_later() {
        let mut garbage = Garbage::default();
        garbage.replaced("a".into(), 2, 3);
        garbage.replaced("b".into(), 2, 3);
        garbage.deleted("a".into(), 3);
        garbage.deleted("b".into(), 3);
        garbage.replaced("c".into(), 4, 5);
        let order: Vec<_> = std::iter::from_fn(|| garbage.next(9)).collect();
        let expected = [("a", 2), ("b", 2), ("a", 3), ("b", 3), ("c", 4)];
        assert_eq!(order, expected.map(|(key, revision)| (Bytes::from(key), revision)));
    }
}
