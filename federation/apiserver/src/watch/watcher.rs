//! One watcher: takes events from its cursor and gives frames, shared ones wherever it can.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::Rng;
use tokio::time::Instant;

use super::frame;
use crate::cache::cursor::Cursor;
use crate::cache::event::{Event, Form, Verb};
use crate::metrics::WatchCounter;
use crate::read::kind::Kind;
use crate::read::list_body::Walk;
use crate::read::selector::Selector;
use crate::server::core::Core;

/// Bytes of one piece of the initial state.
const CHUNK: usize = 64 * 1024;
/// The last bookmark comes this long before the deadline.
const BEFORE_END: Duration = Duration::from_secs(2);

/// The state that a watch begins with: what is left of it, its version, whether a bookmark ends it.
pub(super) type Initial = (Walk, u64, bool);

/// Makes the pieces of one watch.
pub(super) struct Watcher {
    core: Arc<Core>,
    kind: Arc<Kind>,
    selector: Selector,
    form: Form,
    cursor: Cursor,
    initial: Option<Initial>,
    ready: VecDeque<Bytes>,
    /// A table still owes its columns.
    columns: bool,
    bookmarks: bool,
    next_bookmark: Instant,
    deadline: Instant,
    last_bookmark_sent: bool,
    counter: WatchCounter,
}

impl Watcher {
    /// A watcher that follows `cursor` until `deadline`.
    pub(super) fn new(
        core: Arc<Core>,
        kind: Arc<Kind>,
        selector: Selector,
        form: Form,
        cursor: Cursor,
        bookmarks: bool,
        deadline: Instant,
    ) -> Self {
        let next_bookmark = Instant::now() + about(core.options.bookmark_every);
        let counter = core.metrics.watching(&kind.resource);
        let columns = matches!(form, Form::Table(_));
        Self {
            core,
            kind,
            selector,
            form,
            cursor,
            initial: None,
            ready: VecDeque::new(),
            columns,
            bookmarks,
            next_bookmark,
            deadline,
            last_bookmark_sent: false,
            counter,
        }
    }

    /// The same, beginning with a state.
    pub(super) fn with_initial(mut self, initial: Option<Initial>) -> Self {
        self.initial = initial;
        self
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            if let Some(piece) = self.next_of_state() {
                return Some(piece);
            }
            let notify = self.cursor.notify();
            let mut more = std::pin::pin!(notify.notified());
            more.as_mut().enable();
            // Read before the events are taken: when there are none, everything up to here was sent.
            let reached = self.core.feed.reached();
            let batch = match self.cursor.take() {
                Ok(batch) => batch,
                Err(error) => {
                    tracing::info!(kind = %self.kind.resource.kind, %error, "a watch is cut");
                    return None;
                }
            };
            if !batch.is_empty() {
                for event in &batch {
                    self.take(event);
                }
                continue;
            }
            let now = Instant::now();
            if now >= self.deadline {
                return None;
            }
            if self.bookmark_is_due(now) {
                return Some(frame::bookmark(&self.kind.writer(self.form, 0), reached, false));
            }
            tokio::select! {
                () = more => {}
                () = tokio::time::sleep_until(self.wake_at()) => {}
                () = self.core.draining.cancelled() => return None,
            }
        }
    }

    /// A piece of the initial state, several frames at once.
    fn next_of_state(&mut self) -> Option<Bytes> {
        let (walk, revision, bookmark) = self.initial.as_mut()?;
        let writer = self.kind.writer(self.form, self.core.now());
        let mut out = Vec::new();
        let mut sent = 0;
        let columns = &mut self.columns;
        let more = walk.go_on(|entry| {
            frame::write(&writer, Verb::Added, entry, entry.revision, std::mem::take(columns), &mut out);
            sent += 1;
            out.len() < CHUNK
        });
        self.counter.sent(sent);
        if !more {
            if *bookmark {
                out.extend_from_slice(&frame::bookmark(&writer, *revision, true));
            }
            self.initial = None;
        }
        (!out.is_empty()).then(|| out.into())
    }

    fn take(&mut self, event: &Event) {
        let Some((verb, entry)) = event.seen_by(|entry| self.selector.matches(entry)) else { return };
        let writer = self.kind.writer(self.form, self.core.now());
        let make = |columns| frame::event(&writer, verb, entry, event.revision, columns);
        let piece = if std::mem::take(&mut self.columns) {
            make(true)
        } else {
            event.frame(verb, self.form, self.kind.view.is_some(), || make(false))
        };
        self.counter.sent(1);
        self.ready.push_back(piece);
    }

    /// Whether a bookmark is due; notes that it will be sent.
    fn bookmark_is_due(&mut self, now: Instant) -> bool {
        if !self.bookmarks {
            return false;
        }
        if !self.last_bookmark_sent && now + BEFORE_END >= self.deadline {
            self.last_bookmark_sent = true;
            return true;
        }
        if now >= self.next_bookmark {
            self.next_bookmark = now + about(self.core.options.bookmark_every);
            return true;
        }
        false
    }

    fn wake_at(&self) -> Instant {
        let mut at = self.deadline;
        if self.bookmarks {
            at = at.min(self.next_bookmark);
            if !self.last_bookmark_sent {
                at = at.min(self.deadline.checked_sub(BEFORE_END).unwrap_or(self.deadline));
            }
        }
        at
    }
}

/// `time` give or take a tenth, so that the bookmarks of many watchers spread out.
fn about(time: Duration) -> Duration {
    time.mul_f64(0.9 + 0.2 * rand::rng().random::<f64>())
}
