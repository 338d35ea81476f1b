//! One change of one object, and its frames for the watchers, each made once and shared.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use smallvec::SmallVec;

use super::entry::Entry;

/// What a watcher is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// The object is new to the watcher.
    Added,
    /// The object changed.
    Modified,
    /// The object is gone, or left the watcher's selector.
    Deleted,
}

impl Verb {
    /// As it stands in the frame.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// In which form a watcher wants objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The object.
    Native,
    /// `PartialObjectMetadata`.
    Metadata,
    /// A `Table` of one row without column definitions; what its row carries.
    Table(Include),
}

/// What a table row carries as its `object`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Include {
    /// Nothing.
    None,
    /// `PartialObjectMetadata`, the default.
    #[default]
    Metadata,
    /// The whole object.
    Object,
}

/// What tells the frames of one event apart: the verb, the form, and whether it is for a view of the kind.
type FrameKey = (Verb, Form, bool);

/// A change at one revision: `prev` became `next`; at least one of the two is there.
#[derive(Debug)]
pub(crate) struct Event {
    /// The revision of the change, also the version of a deleted object in its last event.
    pub(crate) revision: u64,
    /// The object after the change.
    pub(crate) next: Option<Arc<Entry>>,
    /// The object before the change.
    pub(crate) prev: Option<Arc<Entry>>,
    /// When the server heard of it, in seconds since the cache began.
    pub(crate) heard: u64,
    frames: Mutex<SmallVec<[(FrameKey, Bytes); 1]>>,
}

impl Event {
    /// A change without frames.
    pub(crate) fn new(revision: u64, prev: Option<Arc<Entry>>, next: Option<Arc<Entry>>, heard: u64) -> Self {
        Self { revision, next, prev, heard, frames: Mutex::new(SmallVec::new()) }
    }

    /// What a watcher with the selector `wants` is told, and about which state: entering a selector is
    /// ADDED, leaving it is DELETED with the old state (08 §1.5).
    pub(crate) fn seen_by(&self, wants: impl Fn(&Entry) -> bool) -> Option<(Verb, &Arc<Entry>)> {
        let was = self.prev.as_ref().filter(|entry| wants(entry));
        let is = self.next.as_ref().filter(|entry| wants(entry));
        match (was, is) {
            (None, Some(next)) => Some((Verb::Added, next)),
            (Some(_), Some(next)) => Some((Verb::Modified, next)),
            (Some(prev), None) => Some((Verb::Deleted, prev)),
            (None, None) => None,
        }
    }

    /// The frame for `verb` in `form`, for a `view` or the stored kind; `render` makes it the first time,
    /// later calls share it.
    pub(crate) fn frame(&self, verb: Verb, form: Form, view: bool, render: impl FnOnce() -> Bytes) -> Bytes {
        let key = (verb, form, view);
        let mut frames = self.frames.lock();
        if let Some((_, bytes)) = frames.iter().find(|(other, _)| *other == key) {
            return bytes.clone();
        }
        let bytes = render();
        frames.push((key, bytes.clone()));
        bytes
    }

    /// Drops the frames: the watchers are past this event, a late one makes its own again.
    pub(crate) fn forget_frames(&self) {
        let mut frames = self.frames.lock();
        if !frames.is_empty() {
            *frames = SmallVec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(label: &str) -> Arc<Entry> {
        let json = format!(r#"{{"metadata":{{"labels":{{"a":"{label}"}},"name":"n"}}}}"#);
        Arc::new(Entry::new("n", json.into(), 5, &[]).expect("JSON"))
    }

    #[test]
    fn entering_and_leaving_a_selector() {
        let wants = |e: &Entry| e.label("a") == Some("in");
        let cases = [
            (None, Some("in"), Some(Verb::Added)),
            (None, Some("out"), None),
            (Some("out"), Some("in"), Some(Verb::Added)),
            (Some("in"), Some("in"), Some(Verb::Modified)),
            (Some("in"), Some("out"), Some(Verb::Deleted)),
            (Some("out"), Some("out"), None),
            (Some("in"), None, Some(Verb::Deleted)),
            (Some("out"), None, None),
        ];
        for (prev, next, verb) in cases {
            let event = Event::new(9, prev.map(entry), next.map(entry), 0);
            assert_eq!(event.seen_by(wants).map(|(verb, _)| verb), verb, "{prev:?} -> {next:?}");
        }
    }

    #[test]
    fn a_frame_is_made_once() {
        let event = Event::new(9, None, Some(entry("in")), 0);
        let first = event.frame(Verb::Added, Form::Native, false, || Bytes::from_static(b"one"));
        let again = event.frame(Verb::Added, Form::Native, false, || Bytes::from_static(b"two"));
        assert_eq!((first.as_ref(), again.as_ref()), (b"one".as_ref(), b"one".as_ref()));
        assert_eq!(
            event.frame(Verb::Added, Form::Metadata, false, || Bytes::from_static(b"m")),
            b"m".as_ref()
        );
    }
}
