//! The recent events of one kind, in order, addressed by a sequence number that only grows.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::Event;

/// How long events are kept at least, in seconds: upstream's `DefaultEventFreshDuration`, so that the last
/// bookmark can always be resumed from.
pub(crate) const KEEP_SECONDS: u64 = 75;

/// How many events are kept at most, whatever their age; a bound for memory.
pub(crate) const KEEP_EVENTS: usize = 200_000;

/// Frames are shared by watchers this many events behind; later ones make their own.
const FRAME_WINDOW: usize = 4096;

/// The events with revisions above `floor`, complete.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    events: VecDeque<Arc<Event>>,
    first: u64,
    floor: u64,
}

impl Ring {
    /// An empty ring that knows every event above `floor`.
    pub(crate) fn starting_at(floor: u64) -> Self {
        Self { events: VecDeque::new(), first: 0, floor }
    }

    /// Every event above this revision is here.
    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    /// The sequence number that the next event gets.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// The sequence number of the oldest event kept.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Appends an event and returns its sequence number.
    pub(crate) fn push(&mut self, event: Arc<Event>) -> u64 {
        let seq = self.end();
        if let Some(old) = self.events.len().checked_sub(FRAME_WINDOW).and_then(|at| self.events.get(at)) {
            old.forget_frames();
        }
        self.events.push_back(event);
        seq
    }

    /// Drops what is older than it must be. `now` is in seconds since the cache began.
    pub(crate) fn trim(&mut self, now: u64) {
        while let Some(oldest) = self.events.front() {
            if self.events.len() <= KEEP_EVENTS && oldest.heard + KEEP_SECONDS >= now {
                return;
            }
            self.floor = self.floor.max(oldest.revision);
            self.first += 1;
            self.events.pop_front();
        }
    }

    /// The event with this sequence number, if it is still kept.
    pub(crate) fn get(&self, seq: u64) -> Option<&Arc<Event>> {
        let at = seq.checked_sub(self.first)?;
        self.events.get(usize::try_from(at).ok()?)
    }

    /// The sequence number of the first event after `revision`; `None` if some of them are gone.
    pub(crate) fn after(&self, revision: u64) -> Option<u64> {
        if revision < self.floor {
            return None;
        }
        Some(self.first + self.events.partition_point(|event| event.revision <= revision) as u64)
    }

    /// The events after `revision`, newest first.
    pub(crate) fn undo_to(&self, revision: u64) -> impl Iterator<Item = &Arc<Event>> {
        self.events.iter().rev().take_while(move |event| event.revision > revision)
    }

    /// The events from `seq` on.
    pub(crate) fn from(&self, seq: u64) -> impl Iterator<Item = (u64, &Arc<Event>)> {
        let at = usize::try_from(seq.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.events.len());
        let first = self.first + at as u64;
        self.events.range(at..).enumerate().map(move |(i, event)| (first + i as u64, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Ring {
        let mut ring = Ring::starting_at(10);
        for revision in [11, 13, 13, 20] {
            ring.push(Arc::new(Event::new(revision, None, None, revision)));
        }
        ring
    }

    #[test]
    fn a_revision_finds_its_place() {
        let ring = ring();
        for (revision, seq) in
            [(9, None), (10, Some(0)), (11, Some(1)), (12, Some(1)), (13, Some(3)), (99, Some(4))]
        {
            assert_eq!(ring.after(revision), seq, "after {revision}");
        }
    }

    #[test]
    fn old_events_go_and_the_floor_rises() {
        let mut ring = ring();
        ring.trim(14 + KEEP_SECONDS);
        assert_eq!((ring.floor(), ring.first(), ring.end()), (13, 3, 4));
        assert_eq!(ring.after(12), None);
        assert_eq!(ring.after(13), Some(3));
        assert!(ring.get(2).is_none() && ring.get(3).is_some() && ring.get(4).is_none());
    }
}
