//! The newest changes, kept in memory for watchers that keep up. Bounded; who falls behind reads the file.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::{Event, Revision};

/// All changes of one revision, in order.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) revision: Revision,
    pub(crate) events: Vec<Event>,
}

impl Changes {
    fn bytes(&self) -> usize {
        let of_event = |event: &Event| {
            let prev = event.prev.as_ref().map_or(0, |prev| prev.value.len());
            size_of::<Event>() + event.kv.key.len() + event.kv.value.len() + prev
        };
        self.events.iter().map(of_event).sum()
    }
}

/// A bounded run of consecutive revisions that ends at the newest.
#[derive(Debug)]
pub(crate) struct Ring {
    changes: VecDeque<Arc<Changes>>,
    bytes: usize,
    limit: usize,
}

impl Ring {
    /// An empty ring of at most about `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { changes: VecDeque::new(), bytes: 0, limit }
    }

    /// Adds the next revision and forgets the oldest ones beyond the limit (never the newest).
    pub(crate) fn push(&mut self, changes: Changes) {
        self.bytes += changes.bytes();
        self.changes.push_back(Arc::new(changes));
        while self.bytes > self.limit && self.changes.len() > 1 {
            if let Some(oldest) = self.changes.pop_front() {
                self.bytes -= oldest.bytes();
            }
        }
    }

    /// At most `count` revisions from `next` on; `None` when the ring does not reach back that far.
    pub(crate) fn since(&self, next: Revision, count: usize) -> Option<Vec<Arc<Changes>>> {
        let first = self.changes.front()?.revision;
        let skip = usize::try_from(next.checked_sub(first)?).ok()?;
        Some(self.changes.iter().skip(skip).take(count).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{EventKind, KeyValue};

    fn changes(revision: Revision, size: usize) -> Changes {
        let mut kv = KeyValue::deleted(Bytes::new(), revision);
        kv.value = vec![0; size].into();
        Changes { revision, events: vec![Event { kind: EventKind::Put, kv, prev: None }] }
    }

    fn revisions(ring: &Ring, next: Revision, count: usize) -> Option<Vec<Revision>> {
        Some(ring.since(next, count)?.iter().map(|changes| changes.revision).collect())
    }

    #[test]
    fn gives_the_newest_and_forgets_the_oldest() {
        let mut ring = Ring::new(2 * size_of::<Event>() + 1000);
        assert_eq!(revisions(&ring, 2, 9), None);
        for revision in 2..=4 {
            ring.push(changes(revision, 10));
        }
        assert_eq!(revisions(&ring, 2, 9), Some(vec![2, 3, 4]));
        assert_eq!(revisions(&ring, 1, 9), None);
        ring.push(changes(5, 900));
        assert_eq!(revisions(&ring, 3, 9), None);
        assert_eq!(revisions(&ring, 4, 9), Some(vec![4, 5]));
        assert_eq!(revisions(&ring, 4, 1), Some(vec![4]));
        assert_eq!(revisions(&ring, 6, 9), Some(vec![]));
        ring.push(changes(6, 5000));
        assert_eq!(revisions(&ring, 6, 9), Some(vec![6]), "the newest stays whatever its size");
    }
}
