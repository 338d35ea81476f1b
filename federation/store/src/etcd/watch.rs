//! Watches over one stream each. When the stream breaks, the watch goes on where it was; nobody notices.

use std::time::Duration;

use etcd_client::{WatchOptions, WatchRequestSender, WatchResponse as EtcdResponse, WatchResponseStream};
use futures::StreamExt;
use tokio::sync::watch::Receiver;

use super::convert::{bounds, event, header, number, revision};
use super::error::{About, translate};
use super::store::EtcdStore;
use crate::{Event, Revision, StoreError, WatchRequest, WatchResponse, WatchStream};

/// The first wait before a broken watch is made again, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Starts a watch; returns when etcd has it.
pub(crate) async fn watch(store: &EtcdStore, request: WatchRequest) -> Result<WatchStream, StoreError> {
    // etcd's own "from now" does not say from which revision, so it could not go on after a break.
    let next = if request.start == 0 { store.head().await? + 1 } else { request.start };
    let mut follower = Follower {
        asked: store.progress_requests(),
        store: store.clone(),
        request,
        next,
        connection: None,
        wait: WAITS.0,
        ended: false,
    };
    follower.connect().await?;
    Ok(futures::stream::unfold(follower, |mut follower| async move {
        let message = follower.message().await?;
        follower.ended = message.is_err();
        Some((message, follower))
    })
    .boxed())
}

struct Follower {
    store: EtcdStore,
    request: WatchRequest,
    /// Changes whenever somebody asks for progress.
    asked: Receiver<u64>,
    /// The first revision not seen yet.
    next: Revision,
    connection: Option<Connection>,
    wait: Duration,
    ended: bool,
}

struct Connection {
    requests: WatchRequestSender,
    responses: WatchResponseStream,
}

/// What woke a follower.
enum Woken {
    Response(Result<Option<EtcdResponse>, etcd_client::Error>),
    ProgressAsked,
}

impl Follower {
    async fn message(&mut self) -> Option<Result<WatchResponse, StoreError>> {
        if self.ended {
            return None;
        }
        loop {
            let Some(connection) = &mut self.connection else {
                match self.reconnect().await {
                    Ok(()) => continue,
                    Err(error) => return Some(Err(error)),
                }
            };
            let woken = tokio::select! {
                response = connection.responses.message() => Woken::Response(response),
                Ok(()) = self.asked.changed(), if self.request.progress => Woken::ProgressAsked,
            };
            match woken {
                Woken::ProgressAsked => {
                    if connection.requests.request_progress().await.is_err() {
                        self.connection = None;
                    }
                }
                Woken::Response(Ok(Some(response))) => {
                    if let Some(message) = self.take(&response) {
                        return Some(message);
                    }
                }
                Woken::Response(Ok(None)) => self.broke(None),
                Woken::Response(Err(error)) => {
                    self.broke(Some(translate("following changes", self.about(), error)));
                }
            }
        }
    }

    fn about(&self) -> About {
        About { revision: self.next, ..About::default() }
    }

    fn broke(&mut self, error: Option<StoreError>) {
        let reason = error.as_ref().map(|error| error as &dyn std::error::Error);
        tracing::info!(next = self.next, error = reason, "a watch broke; making it again");
        self.connection = None;
    }

    /// What a response is to our reader; nothing for those that are between etcd and us.
    fn take(&mut self, response: &EtcdResponse) -> Option<Result<WatchResponse, StoreError>> {
        if let Some(error) = self.refusal(response) {
            return Some(Err(error));
        }
        if response.canceled() {
            // By etcd itself, for example because the member lost its leader.
            self.broke(None);
            return None;
        }
        self.wait = WAITS.0;
        let events: Vec<Event> = response.events().iter().filter_map(event).collect();
        if let Some(last) = events.last() {
            let revision = last.kv.mod_revision;
            self.next = revision + 1;
            return Some(Ok(WatchResponse::Events { revision, events }));
        }
        let told = header(response.header());
        let is_progress = !response.created() && self.request.progress && told + 1 >= self.next;
        is_progress.then(|| {
            self.next = told + 1;
            Ok(WatchResponse::Progress { revision: told })
        })
    }

    /// The error that ends a watch for good.
    fn refusal(&self, response: &EtcdResponse) -> Option<StoreError> {
        let compacted = revision(response.compact_revision());
        (compacted != 0).then_some(StoreError::Compacted { requested: self.next, compacted })
    }

    /// Makes the watch again, for as long as it takes. Only a refusal is an error.
    async fn reconnect(&mut self) -> Result<(), StoreError> {
        loop {
            match self.connect().await {
                Ok(()) => return Ok(()),
                Err(StoreError::Unavailable { .. }) => {
                    tokio::time::sleep(self.wait).await;
                    self.wait = (self.wait * 2).min(WAITS.1);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn connect(&mut self) -> Result<(), StoreError> {
        let (key, end) = bounds(&self.request.range);
        let mut options = WatchOptions::new().with_start_revision(number(self.next));
        if let Some(end) = end {
            options = options.with_range(end);
        }
        if self.request.prev_kv {
            options = options.with_prev_key();
        }
        if self.request.progress {
            options = options.with_progress_notify();
        }
        let about = self.about();
        let mut client = self.store.watcher();
        let created = async {
            let (requests, mut responses) = client.watch(key, Some(options)).await?.split();
            let first = responses.message().await?;
            Ok((requests, responses, first))
        };
        let (mut requests, responses, first) = self.store.call("starting a watch", about, created).await?;
        let unavailable = |error| translate("starting a watch", about, error);
        let gone = || etcd_client::Error::WatchError("the stream ended before the watch was made".into());
        let first = first.ok_or_else(|| unavailable(gone()))?;
        if let Some(error) = self.refusal(&first) {
            return Err(error);
        }
        if first.canceled() {
            let reason = first.cancel_reason().to_owned();
            return Err(unavailable(etcd_client::Error::WatchError(reason)));
        }
        if self.request.progress {
            requests.request_progress().await.map_err(unavailable)?;
        }
        self.connection = Some(Connection { requests, responses });
        Ok(())
    }
}
