//! Watches: a cursor each, moved over the recent changes in memory or, when they are gone, over the log.
//!
//! Nothing is queued for a watch, so a slow one costs nothing but its own time.

use std::sync::{Arc, Weak};

use futures::StreamExt;
use tokio::sync::watch::Receiver;

use super::shared::{Shared, Signal};
use crate::{Event, Revision, StoreError, WatchRequest, WatchResponse, WatchStream};

/// About how many changes go into one message.
const MESSAGE_EVENTS: usize = 512;
/// About how many bytes of values read from the log go into one message.
const MESSAGE_BYTES: usize = 1 << 20;
/// How many log entries are looked at in one go.
const SCAN_ENTRIES: usize = 16 * 1024;

/// Starts a watch.
pub(crate) fn watch(shared: &Arc<Shared>, request: WatchRequest) -> Result<WatchStream, StoreError> {
    let signal = shared.subscribe();
    let state = shared.published();
    let next = if request.start == 0 { state.head + 1 } else { request.start };
    if next < state.compacted {
        return Err(StoreError::Compacted { requested: next, compacted: state.compacted });
    }
    let progress_told = signal.borrow().progress_asked;
    let cursor = Cursor {
        shared: Arc::downgrade(shared),
        signal,
        progress_told,
        request,
        next,
        told: 0,
        ended: false,
    };
    Ok(futures::stream::unfold(cursor, |mut cursor| async move {
        let message = cursor.message().await?;
        cursor.ended = message.is_err();
        Some((message, cursor))
    })
    .boxed())
}

/// Where a watch stands.
struct Cursor {
    /// Weak: a forgotten watch must not keep the file open.
    shared: Weak<Shared>,
    signal: Receiver<Signal>,
    request: WatchRequest,
    /// The first revision not looked at yet.
    next: Revision,
    /// The revision of the last message.
    told: Revision,
    /// The last request for progress that was answered.
    progress_told: u64,
    ended: bool,
}

/// Some changes, and the last revision they are complete for.
struct Advance {
    events: Vec<Event>,
    through: Revision,
}

impl Cursor {
    async fn message(&mut self) -> Option<Result<WatchResponse, StoreError>> {
        if self.ended {
            return None;
        }
        loop {
            let signal = self.signal.borrow_and_update().clone();
            if self.next <= signal.head {
                match self.advance(signal.head).await {
                    Err(error) => return Some(Err(error)),
                    Ok(Advance { events, through }) => {
                        self.next = through + 1;
                        if !events.is_empty() {
                            self.told = through;
                            return Some(Ok(WatchResponse::Events { revision: through, events }));
                        }
                    }
                }
                continue;
            }
            if let Some(progress) = self.progress(&signal) {
                return Some(Ok(progress));
            }
            if let Some(error) = signal.ended {
                return Some(Err(error));
            }
            if self.signal.changed().await.is_err() {
                return Some(Err(StoreError::Closed));
            }
        }
    }

    /// Progress at the head, when it is wanted and new or asked for.
    fn progress(&mut self, signal: &Signal) -> Option<WatchResponse> {
        let asked = signal.progress_asked != self.progress_told;
        // A watch that starts in the future has nothing to say before its start.
        let caught_up = self.next == signal.head + 1;
        if !self.request.progress || !caught_up || !(asked || self.told < signal.head) {
            return None;
        }
        self.progress_told = signal.progress_asked;
        self.told = signal.head;
        Some(WatchResponse::Progress { revision: signal.head })
    }

    async fn advance(&self, head: Revision) -> Result<Advance, StoreError> {
        let shared = self.shared.upgrade().ok_or(StoreError::Closed)?;
        if let Some(advance) = self.recent(&shared) {
            return Ok(advance);
        }
        let (request, next) = (self.request.clone(), self.next);
        tokio::task::spawn_blocking(move || from_log(&shared, &request, next, head))
            .await
            .map_err(|_| StoreError::Closed)?
    }

    fn recent(&self, shared: &Shared) -> Option<Advance> {
        let recent = shared.recent(self.next, MESSAGE_EVENTS)?;
        let through = recent.last()?.revision;
        let mut events = Vec::new();
        for event in recent.iter().flat_map(|changes| &changes.events) {
            if self.request.range.contains(&event.kv.key) {
                let prev = event.prev.clone().filter(|_| self.request.prev_kv);
                events.push(Event { kind: event.kind, kv: event.kv.clone(), prev });
            }
        }
        Some(Advance { events, through })
    }
}

/// Reads changes from the log, up to `head` or until there are enough; never a part of a revision.
fn from_log(
    shared: &Shared,
    request: &WatchRequest,
    next: Revision,
    head: Revision,
) -> Result<Advance, StoreError> {
    let snapshot = shared.snapshot()?;
    let compacted = snapshot.state.compacted;
    if next < compacted {
        return Err(StoreError::Compacted { requested: next, compacted });
    }
    let mut advance = Advance { events: Vec::new(), through: head };
    let (mut bytes, mut scanned, mut last) = (0, 0, next);
    snapshot.log.visit(next, head, |(revision, _), record| {
        let enough =
            advance.events.len() >= MESSAGE_EVENTS || bytes >= MESSAGE_BYTES || scanned >= SCAN_ENTRIES;
        if enough && revision != last {
            advance.through = last;
            return Ok(false);
        }
        (last, scanned) = (revision, scanned + 1);
        if request.range.contains(record.key) {
            bytes += record.encoded_len();
            let mut event = record.to_event(revision, None);
            // What was there before the oldest readable revision may or may not be gone yet: it counts as gone.
            if request.prev_kv
                && revision > compacted
                && let Some(found) = snapshot.state.index.get(&event.kv.key, revision - 1)
            {
                event.prev = snapshot.log.value_if_kept(found.at())?.map(|value| found.with_value(value));
            }
            advance.events.push(event);
        }
        Ok(true)
    })?;
    Ok(advance)
}
