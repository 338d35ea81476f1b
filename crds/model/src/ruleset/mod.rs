//! The rule set: the whole routing truth at one epoch. What is saved elsewhere is not in force (I13).

pub mod canonical;
mod differs;
mod digest;
mod first;
mod recovery;
mod route;
mod rules;

pub use canonical::{CanonicalError, Json};
pub use differs::HomeDifference;
pub use digest::Digest;
pub use recovery::RecoveryState;
pub use route::{Route, RouteCell, RouteRule};
pub use rules::{ActiveC, Claim, ForbidWindow, Override, OverrideKind, RuleSet};
