//! Where a watch starts: with the state, or strictly after a version (08 §1.5).

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use rand::Rng;
use tokio::time::Instant;

use super::watcher::Watcher;
use super::{frame, replay};
use crate::cache::cursor::Cursor;
use crate::cache::event::Form;
use crate::cache::lanes::Interest;
use crate::http::answer::{Answer, Content};
use crate::read::kind::Kind;
use crate::read::list_body::Walk;
use crate::read::options::ListOptions;
use crate::read::selector::Selector;
use crate::server::core::Core;
use crate::status::{ApiError, ApiResult};

/// How a watch begins.
enum Start {
    /// With the state, as ADDED events, then what follows. The bookmark that ends the state is optional.
    State { reached: u64, bookmark: bool },
    /// With what follows this version.
    After(u64),
}

/// Answers a WATCH.
pub(crate) async fn watch(
    core: &Arc<Core>,
    kind: &Arc<Kind>,
    selector: Selector,
    options: &ListOptions,
    form: Form,
) -> ApiResult<Answer> {
    let interest = selector.interest(kind.resource.namespaced);
    let mut initial = None;
    let cursor = match start(core, options).await? {
        Start::State { reached, bookmark } => {
            let (snapshot, cursor) = Cursor::with_state(&kind.cache, interest, reached);
            initial = Some((Walk::new(snapshot.objects, selector.clone()), snapshot.revision, bookmark));
            cursor
        }
        Start::After(revision) => match after(core, kind, interest, revision).await? {
            Some(cursor) => cursor,
            // As an event and not as the code of the answer: clients begin anew on the event.
            None => return Ok(live(stream::iter([frame::error(&too_old(revision))]).boxed())),
        },
    };
    let now = Instant::now();
    let deadline = now
        + options.timeout.filter(|t| !t.is_zero()).unwrap_or_else(|| random_between(core.options.min_watch));
    let watcher =
        Watcher::new(core.clone(), kind.clone(), selector, form, cursor, options.bookmarks, deadline);
    let watcher = watcher.with_initial(initial);
    let frames = stream::unfold(watcher, |mut watcher| async move {
        let piece = watcher.next().await?;
        Some((piece, watcher))
    });
    Ok(live(frames.boxed()))
}

async fn start(core: &Core, options: &ListOptions) -> ApiResult<Start> {
    let bookmark = options.bookmarks && options.send_initial_events == Some(true);
    match (options.revision, options.send_initial_events) {
        (None, Some(false)) => Ok(Start::After(core.newest().await?)),
        (None, _) => Ok(Start::State { reached: core.newest().await?, bookmark }),
        (Some(0), Some(false)) => Ok(Start::After(core.feed.reached())),
        (Some(0), _) => Ok(Start::State { reached: core.feed.reached(), bookmark }),
        (Some(n), Some(true)) => Ok(Start::State { reached: core.at_least(n).await?, bookmark }),
        (Some(n), _) => {
            core.at_least(n).await?;
            Ok(Start::After(n))
        }
    }
}

/// A cursor strictly after `revision`: from the ring, or with the older events from the store in front of it.
/// `None` when the store has forgotten them too.
async fn after(core: &Core, kind: &Kind, interest: Interest, revision: u64) -> ApiResult<Option<Cursor>> {
    if let Some(cursor) = Cursor::after(&kind.cache, interest.clone(), revision) {
        return Ok(Some(cursor));
    }
    let floor = kind.cache.floor();
    match replay::events(core, kind, &interest, revision, floor).await? {
        Some(older) => Ok(Cursor::after_replay(&kind.cache, interest, floor, older)),
        None => Ok(None),
    }
}

fn too_old(revision: u64) -> ApiError {
    ApiError::expired(format!("too old resource version: {revision}"))
}

fn live(frames: futures::stream::BoxStream<'static, bytes::Bytes>) -> Answer {
    let mut answer = Answer::whole(200, "application/json", bytes::Bytes::new());
    answer.content = Content::Live(frames);
    answer
}

/// A random time between `shortest` and twice that, so that watches do not all end at once.
fn random_between(shortest: Duration) -> Duration {
    shortest.mul_f64(1.0 + rand::rng().random::<f64>())
}
