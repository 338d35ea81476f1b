//! Decisions about members: whether one is there, whether it is the one it says it is, and whether it may join.

mod binding;
mod readiness;
mod token;

pub use binding::{Binding, BindingError, Bound, check_binding};
pub use readiness::{MISSED_BEATS, Readiness, judge_readiness};
pub use token::{JoinRequest, JoinToken, TokenError, check_token};
