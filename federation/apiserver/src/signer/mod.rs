//! Signing of CertificateSigningRequests, as a library: read, judge, issue.
//!
//! What may be signed is the owner's business, said by a [`SignerPolicy`]. This module checks what holds
//! for every signer: the request proves possession of its key, the key is strong enough, nothing is asked
//! for that a client certificate must not have. Upstream: `pkg/controller/certificates/{signer,authority}`.

pub mod admission;
pub mod facts;
pub mod issue;

pub use admission::SignerAdmission;
pub use facts::{CsrFacts, SignerError};
pub use issue::issue;

use std::time::Duration;

use async_trait::async_trait;

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Approve it and sign for at most this long; `expirationSeconds` may ask for less.
    Sign {
        /// The longest life.
        ttl: Duration,
    },
    /// Not yet; somebody or something has to act first. A person's approval counts as that.
    Wait {
        /// What is waited for.
        reason: String,
    },
    /// Never.
    Deny {
        /// Why, for the request's condition.
        reason: String,
    },
}

/// Which requests an owner wants signed. Implementations may look at other objects.
#[async_trait]
pub trait SignerPolicy: Send + Sync + 'static {
    /// The one `spec.signerName` this policy is for.
    fn signer_name(&self) -> &str;

    /// Judges a request that is well formed. Asked again when the request changes, and after
    /// [`SignerPolicy::recheck_after`] while it waits.
    async fn judge(&self, facts: &CsrFacts) -> Verdict;

    /// How long a certificate lives that a person approved while the policy said [`Verdict::Wait`].
    fn ttl_by_hand(&self) -> Duration {
        Duration::from_secs(90 * 24 * 3600)
    }

    /// When to ask again after [`Verdict::Wait`].
    fn recheck_after(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// Told after a certificate is stored in the request's status: the place to end a one-time token.
    async fn signed(&self, _facts: &CsrFacts) {}
}

#[cfg(test)]
mod tests;
