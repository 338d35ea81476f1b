//! Events that are older than the ring, read from the history of the store.

use std::collections::VecDeque;
use std::sync::Arc;

use federation_store::{Event as StoreEvent, KeyRange, KeyValue, StoreError, WatchRequest, WatchResponse};
use futures::StreamExt;

use crate::cache::entry::Entry;
use crate::cache::event::Event;
use crate::cache::keys;
use crate::cache::lanes::Interest;
use crate::read::kind::Kind;
use crate::server::core::Core;
use crate::status::{ApiError, ApiResult};

/// Most events that are replayed for one watch; who is further behind lists anew, which costs less.
const MOST: usize = 10_000;

/// The events of `interest` after revision `from` and up to `to`. `None` when the store has forgotten some of
/// them, or there are too many. Errors: 500 from the store.
pub(super) async fn events(
    core: &Core,
    kind: &Kind,
    interest: &Interest,
    from: u64,
    to: u64,
) -> ApiResult<Option<VecDeque<Arc<Event>>>> {
    let range = KeyRange::prefix(keys::prefix(&kind.stored));
    let request = WatchRequest::new(range).starting_at(from + 1).with_prev().with_progress();
    let mut stream = match core.store.watch(request).await {
        Ok(stream) => stream,
        Err(StoreError::Compacted { .. }) => return Ok(None),
        Err(error) => return Err(ApiError::internal(error)),
    };
    core.store.request_progress().await.map_err(ApiError::internal)?;
    let mut found = VecDeque::new();
    while let Some(message) = stream.next().await {
        let message = match message {
            Ok(message) => message,
            Err(StoreError::Compacted { .. }) => return Ok(None),
            Err(error) => return Err(ApiError::internal(error)),
        };
        let complete = message.revision() >= to;
        if let WatchResponse::Events { events, .. } = message {
            let wanted = events.iter().filter(|event| event.kv.mod_revision <= to);
            found
                .extend(wanted.filter_map(|event| read(kind, event)).filter(|event| interest.touches(event)));
        }
        if found.len() > MOST {
            return Ok(None);
        }
        if complete {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn read(kind: &Kind, event: &StoreEvent) -> Option<Arc<Event>> {
    let (_, local) = keys::split(&event.kv.key)?;
    let entry = |kv: &KeyValue| {
        let value = Some(kv.value.clone()).filter(|value| !value.is_empty())?;
        Entry::new(local, value, kv.mod_revision, &kind.cache.paths).ok().map(Arc::new)
    };
    let (next, prev) = (entry(&event.kv), event.prev.as_ref().and_then(entry));
    (next.is_some() || prev.is_some()).then(|| Arc::new(Event::new(event.kv.mod_revision, prev, next, 0)))
}
