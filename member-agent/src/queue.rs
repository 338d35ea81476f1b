//! A work queue of keys: each key stands in it once, is handled by one worker at a time, and can be due later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The queue. Adding a key that waits already brings it forward, never back.
pub struct Queue<K> {
    state: Mutex<State<K>>,
    changed: Notify,
}

struct State<K> {
    due: BTreeMap<K, Instant>,
    running: BTreeSet<K>,
}

impl<K: Ord + Clone> Default for Queue<K> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State { due: BTreeMap::new(), running: BTreeSet::new() }),
            changed: Notify::new(),
        }
    }
}

impl<K: Ord + Clone> Queue<K> {
    /// Handle `key` as soon as a worker is free.
    pub fn add(&self, key: K) {
        self.add_after(key, Duration::ZERO);
    }

    /// Handle `key` after `wait`, or earlier when it is added again.
    pub fn add_after(&self, key: K, wait: Duration) {
        let due = Instant::now() + wait;
        {
            let mut state = self.lock();
            let entry = state.due.entry(key).or_insert(due);
            *entry = (*entry).min(due);
        }
        self.changed.notify_one();
    }

    /// The next key that is due and that no other worker handles. It must be given back by [`Self::done`].
    pub async fn next(&self) -> K {
        loop {
            let changed = self.changed.notified();
            let wake = {
                let mut state = self.lock();
                match state.take_due(Instant::now()) {
                    Ok(key) => return key,
                    Err(wake) => wake,
                }
            };
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
        self.lock().running.remove(key);
        self.changed.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<K: Ord + Clone> State<K> {
    /// A due key, or when the next one is due.
    fn take_due(&mut self, now: Instant) -> Result<K, Option<Instant>> {
        let mut wake: Option<Instant> = None;
        let mut found = None;
        for (key, due) in &self.due {
            if self.running.contains(key) {
                continue;
            }
            if *due <= now {
                found = Some(key.clone());
                break;
            }
            wake = Some(wake.map_or(*due, |at| at.min(*due)));
        }
        let Some(key) = found else { return Err(wake) };
        self.due.remove(&key);
        self.running.insert(key.clone());
        Ok(key)
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
    }

    #[tokio::test]
    async fn a_later_key_comes_when_it_is_due() {
        tokio::time::pause();
        let queue = Queue::default();
        queue.add_after("late", Duration::from_secs(60));
        queue.add_after("soon", Duration::from_secs(1));
        assert_eq!(queue.next().await, "soon");
        assert_eq!(queue.next().await, "late");
    }
}
