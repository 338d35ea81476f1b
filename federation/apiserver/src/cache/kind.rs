//! The cache of one kind: current objects, recent events, pinned snapshots.

use std::collections::BTreeMap;
use std::sync::Arc;

use federation_store::Event as StoreEvent;
use federation_store::EventKind;
use parking_lot::RwLock;
use tokio::sync::Notify;

use super::entry::{Entry, Item, Objects};
use super::event::Event;
use super::keys;
use super::lanes::{Lanes, Touched};
use super::ring::Ring;
use super::scan::split_path;
use crate::resource::Resource;

/// How long a snapshot that a continue token refers to is kept, in seconds; upstream compacts as often.
const PIN_SECONDS: u64 = 300;
/// How many snapshots of a kind are kept at most; the oldest goes first.
const PINS: usize = 64;

/// All that is cached of one kind.
pub(crate) struct KindCache {
    /// The selectable fields, split.
    pub(crate) paths: Vec<Vec<String>>,
    pub(super) state: RwLock<State>,
    /// Wakes the watchers of everything.
    pub(super) all: Arc<Notify>,
}

pub(super) struct State {
    objects: Objects,
    /// Revision of the last event.
    revision: u64,
    pub(super) ring: Ring,
    pub(super) lanes: Lanes,
    pins: BTreeMap<u64, (u64, Objects)>,
}

/// The objects of a kind at one revision.
#[derive(Clone)]
pub(crate) struct Snapshot {
    /// The revision of the server at which this is the state.
    pub(crate) revision: u64,
    /// The objects in the order of their keys.
    pub(crate) objects: Objects,
}

impl KindCache {
    /// An empty cache for `resource`.
    pub(crate) fn new(resource: &Resource) -> Self {
        let state = State {
            objects: Objects::new(),
            revision: 0,
            ring: Ring::default(),
            lanes: Lanes::default(),
            pins: BTreeMap::new(),
        };
        Self {
            paths: resource.selectable_fields.iter().map(|path| split_path(path)).collect(),
            state: RwLock::new(state),
            all: Arc::default(),
        }
    }

    /// Takes `objects` as the state at `revision`, the first one this cache knows.
    pub(crate) fn begin(&self, objects: Objects, revision: u64) {
        let mut state = self.state.write();
        state.objects = objects;
        state.revision = revision;
        state.ring = Ring::starting_at(revision);
    }

    /// Takes in changes in their order, all of one kind, and wakes who wants them. `now` is in seconds since
    /// the server's cache began.
    pub(crate) fn apply<'a>(&self, events: impl Iterator<Item = (&'a str, &'a StoreEvent)>, now: u64) {
        // Scanning is the work; readers do not wait for it.
        let changes: Vec<_> = events
            .map(|(local, event)| (local, event.kv.mod_revision, self.entry_of(local, event)))
            .collect();
        let mut touched = Touched::new();
        {
            let mut state = self.state.write();
            for (local, revision, next) in changes {
                state.change(local, revision, next, now, &mut touched);
            }
            state.ring.trim(now);
            state.drop_old_pins(now);
        }
        self.all.notify_waiters();
        for lane in touched {
            lane.notify_waiters();
        }
    }

    /// The object after an event; `None` when it is gone, or cannot be read.
    fn entry_of(&self, local: &str, event: &StoreEvent) -> Option<Arc<Entry>> {
        if event.kind == EventKind::Delete {
            return None;
        }
        match Entry::new(local, event.kv.value.clone(), event.kv.mod_revision, &self.paths) {
            Ok(entry) => Some(Arc::new(entry)),
            Err(error) => {
                tracing::error!(key = local, %error, "an object in the store is not readable and is left out");
                None
            }
        }
    }

    /// Every event above this revision is in the ring.
    pub(crate) fn floor(&self) -> u64 {
        self.state.read().ring.floor()
    }

    /// The current object under `local`.
    pub(crate) fn get(&self, local: &str) -> Option<Arc<Entry>> {
        self.state.read().objects.get(local).map(|item| item.0.clone())
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.state.read().objects.len()
    }

    /// The current state. `reached` is a revision the feed has reached before this call.
    pub(crate) fn snapshot(&self, reached: u64) -> Snapshot {
        let state = self.state.read();
        Snapshot { revision: reached.max(state.revision), objects: state.objects.clone() }
    }

    /// The state at exactly `revision`, if it is still retained: pinned, or undone from the ring. The caller
    /// has made sure that the feed reached `revision`.
    pub(crate) fn snapshot_at(&self, revision: u64) -> Option<Snapshot> {
        let state = self.state.read();
        if let Some((_, objects)) = state.pins.get(&revision) {
            return Some(Snapshot { revision, objects: objects.clone() });
        }
        if revision < state.ring.floor() {
            return None;
        }
        let mut objects = state.objects.clone();
        for event in state.ring.undo_to(revision) {
            match (&event.prev, &event.next) {
                (Some(prev), _) => drop(objects.insert(Item(prev.clone()))),
                (None, Some(next)) => drop(objects.remove(next.key())),
                (None, None) => {}
            }
        }
        Some(Snapshot { revision, objects })
    }

    /// Keeps `snapshot` for the pages that follow.
    pub(crate) fn pin(&self, snapshot: &Snapshot, now: u64) {
        let mut state = self.state.write();
        state.pins.entry(snapshot.revision).or_insert_with(|| (now, snapshot.objects.clone()));
        while state.pins.len() > PINS {
            state.pins.pop_first();
        }
        state.drop_old_pins(now);
    }

    /// Frees what only age kept; called now and then for kinds without events.
    pub(crate) fn tidy(&self, now: u64) {
        let mut state = self.state.write();
        state.ring.trim(now);
        state.drop_old_pins(now);
    }

    /// What turns the current state into `objects` at `revision`, after a gap in the feed.
    pub(crate) fn difference(&self, objects: &Objects, revision: u64) -> Vec<(String, StoreEvent)> {
        let current = self.state.read().objects.clone();
        let mut events = Vec::new();
        for item in &current {
            if !objects.contains(item.0.key()) {
                events.push((item.0.key().to_owned(), gone(item.0.key(), revision)));
            }
        }
        for item in objects {
            if current.get(item.0.key()).is_none_or(|old| old.0.revision != item.0.revision) {
                events.push((item.0.key().to_owned(), put(&item.0)));
            }
        }
        events.sort_by_key(|(_, event)| event.kv.mod_revision);
        events
    }
}

impl State {
    /// Makes `next` the object under `local`, and an event of it.
    fn change(
        &mut self,
        local: &str,
        revision: u64,
        next: Option<Arc<Entry>>,
        now: u64,
        touched: &mut Touched,
    ) {
        let prev = match &next {
            Some(entry) => self.objects.insert(Item(entry.clone())),
            None => self.objects.remove(local),
        };
        self.revision = revision;
        let prev = prev.map(|item| item.0);
        if prev.is_none() && next.is_none() {
            return;
        }
        let event = Arc::new(Event::new(revision, prev, next, now));
        let seq = self.ring.push(event.clone());
        let first = self.ring.first();
        self.lanes.push(seq, first, &event, touched);
    }

    fn drop_old_pins(&mut self, now: u64) {
        if !self.pins.is_empty() {
            self.pins.retain(|_, (made, _)| *made + PIN_SECONDS >= now);
        }
    }
}

fn put(entry: &Entry) -> StoreEvent {
    let mut event = gone(entry.key(), entry.revision);
    event.kind = EventKind::Put;
    event.kv.value = entry.stored().clone();
    event
}

fn gone(local: &str, revision: u64) -> StoreEvent {
    let kv = federation_store::KeyValue {
        key: format!("{}?/{local}", keys::ROOT).into(),
        value: bytes::Bytes::new(),
        create_revision: 0,
        mod_revision: revision,
        version: 0,
        lease: None,
    };
    StoreEvent { kind: EventKind::Delete, kv, prev: None }
}
