//! The link to the hub: one session at a time, with a heartbeat of its own.
//!
//! A session is everything that talks to the hub. It ends as a whole when its heartbeat is not answered, when
//! a watch breaks or when the credential changes, and the next one starts after a short wait; nothing in the
//! member depends on it (I19). A half-open connection is noticed by the heartbeat, not by the watches.

mod heartbeat;
mod member;
mod session;

pub use heartbeat::HeartbeatError;
pub use session::{Access, Link, LinkParts, SessionEnd};
