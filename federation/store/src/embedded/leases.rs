//! Which leases there are, which keys hang on them, and when they end. Pure: `now` is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{Lease, LeaseId};

#[derive(Clone, Debug)]
struct Entry {
    ttl_seconds: i64,
    ends: Instant,
    keys: BTreeSet<Bytes>,
}

/// All leases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases {
    entries: BTreeMap<LeaseId, Entry>,
    by_end: BTreeSet<(Instant, LeaseId)>,
}

impl Leases {
    /// Starts a lease with its full time from `now`.
    pub(crate) fn grant(&mut self, lease: Lease, now: Instant) {
        let ends = end(now, lease.ttl_seconds);
        let entry = Entry { ttl_seconds: lease.ttl_seconds, ends, keys: BTreeSet::new() };
        self.entries.insert(lease.id, entry);
        self.by_end.insert((ends, lease.id));
    }

    /// Gives a lease its full time again; `None` when there is no such lease.
    pub(crate) fn renew(&mut self, id: LeaseId, now: Instant) -> Option<Lease> {
        let entry = self.entries.get_mut(&id)?;
        self.by_end.remove(&(entry.ends, id));
        entry.ends = end(now, entry.ttl_seconds);
        self.by_end.insert((entry.ends, id));
        Some(Lease { id, ttl_seconds: entry.ttl_seconds })
    }

    /// Ends a lease; its keys in order, `None` when there is no such lease.
    pub(crate) fn remove(&mut self, id: LeaseId) -> Option<BTreeSet<Bytes>> {
        let entry = self.entries.remove(&id)?;
        self.by_end.remove(&(entry.ends, id));
        Some(entry.keys)
    }

    /// Whether there is such a lease.
    pub(crate) fn contains(&self, id: LeaseId) -> bool {
        self.entries.contains_key(&id)
    }

    /// Moves `key` from one lease to another (or from or to none).
    pub(crate) fn attach(&mut self, key: &Bytes, before: Option<LeaseId>, after: Option<LeaseId>) {
        if before == after {
            return;
        }
        if let Some(entry) = before.and_then(|id| self.entries.get_mut(&id)) {
            entry.keys.remove(key);
        }
        if let Some(entry) = after.and_then(|id| self.entries.get_mut(&id)) {
            entry.keys.insert(key.clone());
        }
    }

    /// When the next lease ends.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.by_end.first().map(|(ends, _)| *ends)
    }

    /// The lease that ended first, if one ended by `now`.
    pub(crate) fn expired(&self, now: Instant) -> Option<LeaseId> {
        self.by_end.first().filter(|(ends, _)| *ends <= now).map(|(_, id)| *id)
    }
}

/// Far ends are cut at a century: the clock of the process cannot count further.
fn end(now: Instant, ttl_seconds: i64) -> Instant {
    const CENTURY: u64 = 100 * 365 * 24 * 3600;
    now + Duration::from_secs(u64::try_from(ttl_seconds).unwrap_or(0).min(CENTURY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(id: i64, ttl_seconds: i64) -> Lease {
        Lease { id: LeaseId(id), ttl_seconds }
    }

    #[test]
    fn a_lease_ends_at_its_end_and_not_before() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        let mut leases = Leases::default();
        leases.grant(lease(1, 10), now);
        leases.grant(lease(2, 5), now);
        assert_eq!((leases.next_end(), leases.expired(after(4))), (Some(after(5)), None));
        assert_eq!(leases.expired(after(5)), Some(LeaseId(2)));
        assert_eq!(leases.renew(LeaseId(2), after(5)), Some(lease(2, 5)));
        assert_eq!((leases.next_end(), leases.expired(after(9))), (Some(after(10)), None));
        assert_eq!(leases.remove(LeaseId(2)), Some(BTreeSet::new()));
        assert_eq!((leases.renew(LeaseId(2), now), leases.remove(LeaseId(2))), (None, None));
        leases.grant(lease(3, i64::MAX), now);
        assert!(leases.contains(LeaseId(3)) && leases.expired(after(11)) == Some(LeaseId(1)));
    }

    #[test]
    fn a_key_hangs_on_its_last_lease_only() {
        let now = Instant::now();
        let mut leases = Leases::default();
        leases.grant(lease(1, 10), now);
        leases.grant(lease(2, 10), now);
        let (a, b) = (Bytes::from("a"), Bytes::from("b"));
        leases.attach(&a, None, Some(LeaseId(1)));
        leases.attach(&b, None, Some(LeaseId(1)));
        leases.attach(&a, Some(LeaseId(1)), Some(LeaseId(2)));
        leases.attach(&b, Some(LeaseId(1)), None);
        assert_eq!(leases.remove(LeaseId(1)), Some(BTreeSet::new()));
        assert_eq!(leases.remove(LeaseId(2)), Some(BTreeSet::from([a])));
    }
}
