//! A work queue of keys: each key stands in it once, is handled by one worker at a time, and can be due later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The queue. Adding a key that waits for a later time brings it forward, never back.
pub struct Queue<K> {
    state: Mutex<State<K>>,
    changed: Notify,
}

struct State<K> {
    /// Due now, in order of arrival.
    ready: VecDeque<K>,
    /// What stands in `ready`.
    is_ready: BTreeSet<K>,
    /// Due later, by time.
    timers: BTreeSet<(Instant, K)>,
    /// When each key of `timers` is due.
    due: BTreeMap<K, Instant>,
    /// Handled by a worker.
    running: BTreeSet<K>,
    /// Added while it was handled.
    again: BTreeSet<K>,
}

impl<K: Ord + Clone> Default for Queue<K> {
    fn default() -> Self {
        let state = State {
            ready: VecDeque::new(),
            is_ready: BTreeSet::new(),
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            running: BTreeSet::new(),
            again: BTreeSet::new(),
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }
}

impl<K: Ord + Clone> Queue<K> {
    /// Handle `key` as soon as a worker is free.
    pub fn add(&self, key: K) {
        self.lock().make_ready(key);
        self.changed.notify_one();
    }

    /// Handle `key` after `wait`, or earlier when it is added again.
    pub fn add_after(&self, key: K, wait: Duration) {
        let at = Instant::now() + wait;
        {
            let mut state = self.lock();
            match state.due.get(&key).copied() {
                Some(before) if before <= at => return,
                Some(before) => {
                    state.timers.remove(&(before, key.clone()));
                }
                None => {}
            }
            state.due.insert(key.clone(), at);
            state.timers.insert((at, key));
        }
        self.changed.notify_one();
    }

    /// The next key that is due and that no other worker handles. It must be given back by [`Self::done`].
    pub async fn next(&self) -> K {
        loop {
            let changed = self.changed.notified();
            let (found, wake, more) = {
                let mut state = self.lock();
                let found = state.take(Instant::now());
                (found, state.timers.first().map(|(at, _)| *at), !state.ready.is_empty())
            };
            if let Some(key) = found {
                if more || wake.is_some() {
                    // Another worker takes the next one, or watches the timers.
                    self.changed.notify_one();
                }
                return key;
            }
            match wake {
                Some(at) => {
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep_until(at) => {}
                    }
                }
                None => changed.await,
            }
        }
    }

    /// The worker has finished with `key`; if it was added meanwhile, it is handled again.
    pub fn done(&self, key: &K) {
        {
            let mut state = self.lock();
            state.running.remove(key);
            if state.again.remove(key) {
                state.make_ready(key.clone());
            }
        }
        self.changed.notify_one();
    }

    /// Keys that wait for a worker.
    pub fn waiting(&self) -> usize {
        self.lock().ready.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<K: Ord + Clone> State<K> {
    fn make_ready(&mut self, key: K) {
        if self.running.contains(&key) {
            self.again.insert(key);
        } else if self.is_ready.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    fn take(&mut self, now: Instant) -> Option<K> {
        while let Some((at, key)) = self.timers.first().cloned() {
            if at > now {
                break;
            }
            self.timers.remove(&(at, key.clone()));
            self.due.remove(&key);
            self.make_ready(key);
        }
        let key = self.ready.pop_front()?;
        self.is_ready.remove(&key);
        self.running.insert(key.clone());
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_is_handled_once_at_a_time_and_again_when_added_meanwhile() {
        let queue = Queue::default();
        queue.add("a");
        queue.add("a");
        assert_eq!(queue.next().await, "a");
        queue.add("a");
        queue.add("b");
        assert_eq!(queue.next().await, "b", "a runs, so b comes first");
        queue.done(&"a");
        assert_eq!(queue.next().await, "a");
        assert_eq!(queue.waiting(), 0);
    }

    #[tokio::test]
    async fn keys_come_when_they_are_due_and_can_be_brought_forward() {
        tokio::time::pause();
        let queue = Queue::default();
        queue.add_after("late", Duration::from_secs(60));
        queue.add_after("soon", Duration::from_secs(5));
        queue.add_after("late", Duration::from_secs(1));
        queue.add_after("late", Duration::from_secs(90));
        assert_eq!(queue.next().await, "late");
        assert_eq!(queue.next().await, "soon");
        assert_eq!(queue.waiting(), 0);
    }
}
