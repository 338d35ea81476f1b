//! Leases: keys that vanish when nobody renews them.

use std::fmt;

/// The name of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub i64);

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// A lease as granted or renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its name, for `Op::Put`, renewal and revocation.
    pub id: LeaseId,
    /// Seconds from now until its keys are deleted, unless it is renewed. The store may grant more than was asked.
    pub ttl_seconds: i64,
}
