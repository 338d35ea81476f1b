//! Leases for kinds that vanish by themselves: many objects share one, so that a burst of events costs the store
//! one lease a minute.

use std::collections::BTreeMap;

use federation_store::{LeaseId, Store, StoreError};
use parking_lot::Mutex;

/// A lease is given out for at most this long, in seconds, and for at most a twentieth of its time.
const SHARED_SECONDS: i64 = 60;
/// Objects that share one lease at most; they all go in one revision.
const SHARED_BY: u32 = 1000;

/// The leases that are given out now, by the time that objects live.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<BTreeMap<i64, Current>>);

#[derive(Clone, Copy, Debug)]
struct Current {
    id: LeaseId,
    until: i64,
    left: u32,
}

impl Leases {
    /// A lease that lasts `ttl` seconds from `now` (Unix seconds), or a little longer.
    ///
    /// # Errors
    /// The store grants none.
    pub(crate) async fn lease(&self, store: &dyn Store, ttl: i64, now: i64) -> Result<LeaseId, StoreError> {
        if let Some(id) = self.take(ttl, now) {
            return Ok(id);
        }
        let shared = SHARED_SECONDS.min(ttl / 20);
        let lease = store.lease_grant(ttl + shared).await?;
        // Two writers may both have asked; the later lease is the one that goes on.
        self.0.lock().insert(ttl, Current { id: lease.id, until: now + shared, left: SHARED_BY - 1 });
        Ok(lease.id)
    }

    fn take(&self, ttl: i64, now: i64) -> Option<LeaseId> {
        let mut leases = self.0.lock();
        let current = leases.get_mut(&ttl).filter(|current| now < current.until && current.left > 0)?;
        current.left -= 1;
        Some(current.id)
    }
}

#[cfg(test)]
mod tests {
    use federation_store::EmbeddedStore;

    use super::*;

    #[tokio::test]
    async fn a_lease_is_shared_for_a_while() -> Result<(), StoreError> {
        let store = EmbeddedStore::in_memory()?;
        let leases = Leases::default();
        let first = leases.lease(&store, 3600, 1000).await?;
        assert_eq!(leases.lease(&store, 3600, 1059).await?, first);
        assert_ne!(leases.lease(&store, 7200, 1059).await?, first, "another time, another lease");
        assert_ne!(leases.lease(&store, 3600, 1060).await?, first, "too old");
        let second = leases.lease(&store, 10, 1000).await?;
        assert_ne!(leases.lease(&store, 10, 1000).await?, second, "a short time is not stretched");
        Ok(())
    }
}
