//! Which objects are to be looked at, and when. An object is in it once, at its earliest time, and nobody looks at it
//! twice at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::world::Key;

/// The kind of object that a pass is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// A CafeDeployment.
    Deployment(Key),
    /// An InPlaceSet.
    Set(Key),
}

#[derive(Default)]
struct State {
    due: BTreeMap<Task, Instant>,
    running: BTreeSet<Task>,
    failures: BTreeMap<Task, u32>,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

/// The longest pause after a failure.
const BACKOFF_MAX: Duration = Duration::from_secs(60);

impl Queue {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // The state is whole between statements; a panic elsewhere does not spoil it.
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Look at it now.
    pub(crate) fn push(&self, task: Task) {
        self.push_in(task, Duration::ZERO);
    }

    /// Look at it after a while, unless it is due earlier anyway.
    pub(crate) fn push_in(&self, task: Task, pause: Duration) {
        let at = Instant::now() + pause;
        self.with(|state| {
            let due = state.due.entry(task).or_insert(at);
            *due = at.min(*due);
        });
        self.changed.notify_one();
    }

    /// Waits for the next task that is due and that nobody works on.
    pub(crate) async fn next(&self) -> Task {
        loop {
            let now = Instant::now();
            let (ready, next) = self.with(|state| {
                let free = state.due.iter().filter(|(task, _)| !state.running.contains(*task));
                let first = free.min_by_key(|(_, at)| **at).map(|(task, at)| (task.clone(), *at));
                match first {
                    Some((task, at)) if at <= now => {
                        state.due.remove(&task);
                        state.running.insert(task.clone());
                        (Some(task), None)
                    }
                    first => (None, first.map(|(_, at)| at)),
                }
            });
            if let Some(task) = ready {
                return task;
            }
            let changed = self.changed.notified();
            match next {
                Some(at) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(at) => {}
                },
                None => changed.await,
            }
        }
    }

    /// A task ended well; `again` is when to look once more.
    pub(crate) fn done(&self, task: Task, again: Option<Duration>) {
        self.with(|state| {
            state.running.remove(&task);
            state.failures.remove(&task);
        });
        match again {
            Some(pause) => self.push_in(task, pause),
            None => self.changed.notify_one(),
        }
    }

    /// A task failed: look again after a pause that doubles from failure to failure.
    pub(crate) fn failed(&self, task: Task) {
        let pause = self.with(|state| {
            state.running.remove(&task);
            let failures = state.failures.entry(task.clone()).or_insert(0);
            *failures = failures.saturating_add(1);
            backoff(*failures)
        });
        self.push_in(task, pause);
    }
}

fn backoff(failures: u32) -> Duration {
    let pause = Duration::from_millis(100).saturating_mul(2_u32.saturating_pow(failures.min(16)));
    pause.min(BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str) -> Task {
        Task::Set(Key::new("shop", name))
    }

    #[tokio::test]
    async fn a_task_is_there_once_and_runs_once_at_a_time() {
        let queue = Queue::default();
        queue.push(task("a"));
        queue.push(task("a"));
        assert_eq!(queue.next().await, task("a"));
        queue.push(task("a"));
        queue.push(task("b"));
        assert_eq!(queue.next().await, task("b"), "a is being worked on");
        queue.done(task("a"), None);
        assert_eq!(queue.next().await, task("a"));
    }

    #[test]
    fn failures_wait_longer_each_time_up_to_a_limit() {
        assert_eq!(backoff(1), Duration::from_millis(200));
        assert_eq!(backoff(3), Duration::from_millis(800));
        assert_eq!(backoff(40), BACKOFF_MAX);
    }

    #[tokio::test]
    async fn a_failed_task_comes_again_and_success_forgets_its_failures() {
        let queue = Queue::default();
        queue.push(task("a"));
        let next = queue.next().await;
        queue.failed(next);
        assert_eq!(queue.with(|state| state.failures.get(&task("a")).copied()), Some(1));
        let next = queue.next().await;
        queue.done(next, None);
        assert!(queue.with(|state| state.failures.is_empty() && state.due.is_empty()));
    }
}
