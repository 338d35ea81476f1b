//! The committing thread: gathers requests, commits them as one batch, publishes, answers.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

use super::Options;
use super::batch::{self, Replies, Request, State};
use super::shared::Shared;
use crate::StoreError;

/// Owns the state; the only writer of the file.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    state: State,
    requests: Receiver<Request>,
    options: Options,
    /// How many requests the previous batch had.
    previous: usize,
    /// Set once the file failed; everything is refused with it from then on.
    failed: Option<StoreError>,
}

/// What the next batch is made of.
struct Gathered {
    requests: Vec<Request>,
    close: bool,
}

impl Committer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        state: State,
        requests: Receiver<Request>,
        options: Options,
    ) -> Self {
        Self { shared, state, requests, options, previous: 0, failed: None }
    }

    /// Runs until asked to close, or until nobody can ask any more.
    pub(crate) fn run(mut self) {
        loop {
            let Gathered { requests, close } = self.gather();
            match self.failed.clone() {
                None => self.commit(requests),
                Some(error) => requests.into_iter().for_each(|request| request.refuse(error.clone())),
            }
            if close {
                break;
            }
        }
        // Requests that came after the one to close.
        while let Ok(request) = self.requests.try_recv() {
            request.refuse(StoreError::Closed);
        }
    }

    fn commit(&mut self, requests: Vec<Request>) {
        self.previous = requests.len();
        let mut replies = Replies::default();
        let mut requests = requests.into_iter();
        let step = self.options.compaction_step;
        let result =
            batch::run(&self.shared.db, &mut self.state, &mut requests, &mut replies, step, Instant::now());
        match result {
            Ok(outcome) => {
                if outcome.dirty {
                    self.shared.publish(self.state.published(), outcome.changes);
                }
                replies.send(None);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store takes no more writes");
                self.shared.end(error.clone());
                self.failed = Some(error.clone());
                replies.send(Some(&error));
                requests.for_each(|request| request.refuse(error.clone()));
            }
        }
    }

    /// Waits for something to do, then takes what else is there.
    fn gather(&self) -> Gathered {
        let mut gathered = Gathered { requests: Vec::new(), close: false };
        match self.wait() {
            Ok(Some(first)) => gathered.take(first),
            Ok(None) => return gathered,
            Err(Disconnected) => {
                gathered.close = true;
                return gathered;
            }
        }
        let until = Instant::now() + self.options.gather;
        while !gathered.close && gathered.requests.len() < self.options.max_batch {
            match self.requests.try_recv() {
                Ok(request) => gathered.take(request),
                // Writers of the previous batch are on their way back: one fsync for all of them is worth a moment.
                Err(_) if gathered.requests.len() < self.previous => {
                    let left = until.saturating_duration_since(Instant::now());
                    match self.requests.recv_timeout(left) {
                        Ok(request) => gathered.take(request),
                        Err(_) => break,
                    }
                }
                Err(_) => break,
            }
        }
        gathered
    }

    /// The first request, or nothing when a lease ended or versions are to be freed.
    fn wait(&self) -> Result<Option<Request>, Disconnected> {
        if self.failed.is_none() && self.state.garbage.is_due(self.state.compacted) {
            return Ok(self.requests.try_recv().ok());
        }
        match self.state.leases.next_end().filter(|_| self.failed.is_none()) {
            None => self.requests.recv().map(Some).map_err(|_| Disconnected),
            Some(ends) => match self.requests.recv_timeout(ends.saturating_duration_since(Instant::now())) {
                Ok(request) => Ok(Some(request)),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                Err(RecvTimeoutError::Disconnected) => Err(Disconnected),
            },
        }
    }
}

impl Drop for Committer {
    /// However the thread ends, even by a panic, nobody goes on waiting.
    fn drop(&mut self) {
        self.shared.end(StoreError::Closed);
    }
}

/// Every handle is gone.
struct Disconnected;

impl Gathered {
    fn take(&mut self, request: Request) {
        self.close |= matches!(request, Request::Close(_));
        self.requests.push(request);
    }
}
