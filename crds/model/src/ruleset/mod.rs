//! The rule set: the whole routing truth at one epoch. What is saved elsewhere is not in force (I13).

pub mod canonical;
mod digest;
mod first;
mod route;
mod rules;

pub use canonical::{CanonicalError, Json};
pub use digest::Digest;
pub use route::{Route, RouteCell, RouteRule};
pub use rules::{ActiveC, Claim, ForbidWindow, Override, OverrideKind, RuleSet};
