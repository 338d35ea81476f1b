//! Who is interested in what: an event costs the watchers that want it, not all.
//!
//! Watchers of a whole kind follow the ring itself. The others follow a lane: the sequence numbers of the
//! events of one namespace, one object, or one value of a selectable field.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use smallvec::SmallVec;
use tokio::sync::Notify;

use super::entry::Entry;
use super::event::Event;

/// The narrowest thing that covers all a watcher may see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Interest {
    /// Everything of the kind.
    All,
    /// One namespace.
    Namespace(Box<str>),
    /// One object by its key.
    Object(Box<str>),
    /// One value of the selectable field with this index.
    Field(usize, Box<str>),
}

impl Interest {
    /// Whether `entry` lies in it.
    pub(crate) fn covers(&self, entry: &Entry) -> bool {
        match self {
            Self::All => true,
            Self::Namespace(namespace) => entry.namespace() == &**namespace,
            Self::Object(key) => entry.key() == &**key,
            Self::Field(index, value) => entry.field(*index) == &**value,
        }
    }

    /// Whether either side of `event` lies in it.
    pub(crate) fn touches(&self, event: &Event) -> bool {
        [&event.prev, &event.next].into_iter().flatten().any(|entry| self.covers(entry))
    }
}

/// The events of one interest.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    seqs: VecDeque<u64>,
    /// Every event of the lane with a sequence number from here on is in `seqs`.
    whole_from: u64,
    watchers: usize,
    notify: Arc<Notify>,
}

impl Lane {
    /// The sequence numbers from `seq` on; `None` if some were dropped already.
    pub(crate) fn from(&self, seq: u64) -> Option<impl Iterator<Item = u64> + '_> {
        if seq < self.whole_from {
            return None;
        }
        let at = self.seqs.partition_point(|s| *s < seq);
        Some(self.seqs.range(at..).copied())
    }
}

type ByText = HashMap<Box<str>, Lane>;

/// All lanes that somebody follows.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    namespaces: ByText,
    objects: ByText,
    fields: Vec<ByText>,
}

/// The wakers of the lanes that an event touched.
pub(crate) type Touched = SmallVec<[Arc<Notify>; 4]>;

impl Lanes {
    /// Registers a watcher; `end` is the sequence number of the next event. `None` for [`Interest::All`].
    pub(crate) fn join(&mut self, interest: &Interest, end: u64) -> Option<Arc<Notify>> {
        let lane = self
            .table(interest)?
            .entry(text(interest).into())
            .or_insert_with(|| Lane { whole_from: end, ..Lane::default() });
        lane.watchers += 1;
        Some(lane.notify.clone())
    }

    /// Takes a watcher away; the lane goes with its last one.
    pub(crate) fn leave(&mut self, interest: &Interest) {
        let Some(table) = self.table(interest) else { return };
        if let Some(lane) = table.get_mut(text(interest)) {
            lane.watchers -= 1;
            if lane.watchers == 0 {
                table.remove(text(interest));
            }
        }
    }

    /// The lane of an interest.
    pub(crate) fn lane(&self, interest: &Interest) -> Option<&Lane> {
        match interest {
            Interest::All => None,
            Interest::Namespace(namespace) => self.namespaces.get(namespace),
            Interest::Object(key) => self.objects.get(key),
            Interest::Field(index, value) => self.fields.get(*index)?.get(value),
        }
    }

    /// Notes an event in every lane it touches. `first` is the oldest sequence number kept.
    pub(crate) fn push(&mut self, seq: u64, first: u64, event: &Event, touched: &mut Touched) {
        for entry in [&event.prev, &event.next].into_iter().flatten() {
            if !self.namespaces.is_empty() {
                note(self.namespaces.get_mut(entry.namespace()), seq, first, touched);
            }
            if !self.objects.is_empty() {
                note(self.objects.get_mut(entry.key()), seq, first, touched);
            }
            for (index, table) in self.fields.iter_mut().enumerate().filter(|(_, table)| !table.is_empty()) {
                note(table.get_mut(entry.field(index)), seq, first, touched);
            }
        }
    }

    fn table(&mut self, interest: &Interest) -> Option<&mut ByText> {
        match interest {
            Interest::All => None,
            Interest::Namespace(_) => Some(&mut self.namespaces),
            Interest::Object(_) => Some(&mut self.objects),
            Interest::Field(index, _) => {
                if self.fields.len() <= *index {
                    self.fields.resize_with(index + 1, ByText::default);
                }
                self.fields.get_mut(*index)
            }
        }
    }
}

fn text(interest: &Interest) -> &str {
    match interest {
        Interest::All => "",
        Interest::Namespace(text) | Interest::Object(text) | Interest::Field(_, text) => text,
    }
}

fn note(lane: Option<&mut Lane>, seq: u64, first: u64, touched: &mut Touched) {
    let Some(lane) = lane else { return };
    if lane.seqs.back() == Some(&seq) {
        return;
    }
    while lane.seqs.front().is_some_and(|s| *s < first) {
        lane.seqs.pop_front();
        lane.whole_from = first;
    }
    lane.seqs.push_back(seq);
    touched.push(lane.notify.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(namespace: &str, name: &str) -> Event {
        let json = format!(r#"{{"metadata":{{"name":"{name}","namespace":"{namespace}"}}}}"#);
        let entry = Entry::new(&format!("{namespace}/{name}"), json.into(), 1, &[]).expect("JSON");
        Event::new(1, None, Some(Arc::new(entry)), 0)
    }

    #[test]
    fn an_event_touches_only_its_lanes() {
        let mut lanes = Lanes::default();
        let (a, b) = (Interest::Namespace("a".into()), Interest::Object("b/x".into()));
        lanes.join(&a, 0);
        lanes.join(&b, 0);
        let mut touched = Touched::new();
        lanes.push(0, 0, &event("a", "x"), &mut touched);
        lanes.push(1, 0, &event("b", "y"), &mut touched);
        lanes.push(2, 0, &event("b", "x"), &mut touched);
        assert_eq!(touched.len(), 2);
        let seqs = |interest| -> Vec<u64> {
            lanes.lane(interest).and_then(|lane| lane.from(0)).expect("joined from 0").collect()
        };
        assert_eq!((seqs(&a), seqs(&b)), (vec![0], vec![2]));
        lanes.leave(&a);
        assert!(lanes.lane(&a).is_none() && lanes.lane(&b).is_some());
    }

    #[test]
    fn a_lane_knows_what_it_lost() {
        let mut lanes = Lanes::default();
        let a = Interest::Namespace("a".into());
        lanes.join(&a, 0);
        let mut touched = Touched::new();
        lanes.push(0, 0, &event("a", "x"), &mut touched);
        lanes.push(5, 3, &event("a", "x"), &mut touched);
        let lane = lanes.lane(&a).expect("joined");
        assert!(lane.from(1).is_none());
        assert_eq!(lane.from(3).expect("whole from 3").collect::<Vec<_>>(), [5]);
    }
}
