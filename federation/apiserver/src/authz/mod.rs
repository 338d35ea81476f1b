//! Who may do what: RBAC, evaluated from an index that follows the stored roles and bindings.
//!
//! | file | what it answers |
//! |---|---|
//! | [`attributes`] | what a request asks for, and how a refusal reads |
//! | [`rule`] | whether one policy rule matches a request |
//! | [`index`] | which rules a caller has; kept from watch events |
//! | [`authorizer`] | the decision, behind one lock |
//! | [`covers`] | whether a set of rules covers another (escalation) |
//! | [`escalation`] | the check on writes to roles and bindings |
//! | [`defaults`] | the roles and bindings every server starts with |
//!
//! Upstream: `plugin/pkg/auth/authorizer/rbac`, `pkg/registry/rbac`.

pub mod attributes;
pub mod authorizer;
pub mod covers;
pub mod defaults;
pub mod escalation;
pub mod index;
pub mod rule;

mod quote;

pub use attributes::{Attributes, denied};
pub use authorizer::{Authorizer, Decision};
pub use escalation::Escalation;
pub use index::{RbacError, RbacKind};
pub use rule::PolicyRule;

#[cfg(test)]
mod tests;
