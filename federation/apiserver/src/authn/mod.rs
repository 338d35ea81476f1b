//! Who asks: from a client certificate, a bearer token, or nothing at all.
//!
//! | file | what it knows |
//! |---|---|
//! | [`chain`] | the order in which they are tried, and what anonymous callers may see |
//! | [`x509`] | client certificates: CN is the user, O the groups |
//! | [`service_account`] | ServiceAccount tokens: issue (TokenRequest) and verify |
//! | [`jwt`] | the signed form of those tokens (ES256) |
//! | [`bootstrap`] | bootstrap token Secrets, as upstream has them |
//! | [`impersonation`] | acting as somebody else |
//! | [`lookup`] | what the server's cache answers to the above |

pub mod bootstrap;
pub mod chain;
pub mod impersonation;
pub mod jwt;
pub mod lookup;
pub mod service_account;
pub mod x509;

pub use chain::{Authenticator, AuthenticatorConfig};
pub use impersonation::impersonated;
pub use lookup::Lookup;
pub use x509::Identity;

/// Group of every caller who proved who it is.
pub const AUTHENTICATED: &str = "system:authenticated";
/// Group of callers who did not.
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
/// User name of callers who did not prove who they are.
pub const ANONYMOUS: &str = "system:anonymous";
