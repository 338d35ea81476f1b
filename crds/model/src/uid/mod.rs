//! The space of user shards, and sets of them.
//!
//! A UID is the routing key of a user in `0..size`. The default space has 100, the last two digits of a user id;
//! any other size works, and the number of digits shown follows from it.

mod cover;
mod parse;
mod set;
mod space;

pub use cover::{Cover, Overlap, cover};
pub use parse::UidError;
pub use set::{Share, UidRange, UidSet};
pub use space::{DEFAULT_SIZE, SpaceError, Uid, UidSpace};
