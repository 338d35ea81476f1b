//! The certificate for a judged request.

use std::time::Duration;

use rcgen::SubjectPublicKeyInfo;

use super::facts::{CsrFacts, SignerError};
use crate::pki::authority::{Authority, Usage};

/// The shortest life that a request gets by asking for one, in seconds (upstream's lower bound for
/// `expirationSeconds`).
pub const MIN_SECONDS: i64 = 600;

/// How long the certificate lives, in seconds: what the request asks for, or all that `ttl` allows, and
/// never more than that. A short `ttl` is the signer's own wish and has no lower bound.
pub fn life_seconds(facts: &CsrFacts, ttl: Duration) -> i64 {
    let most = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX).max(1);
    facts.expiration_seconds.map_or(most, |asked| asked.max(MIN_SECONDS).min(most))
}

/// Issues a client certificate (PEM) for the subject and key of the request. It begins five minutes
/// before `now`, for clients whose clocks are behind.
///
/// # Errors
/// [`SignerError::Issue`].
pub fn issue(
    authority: &Authority,
    facts: &CsrFacts,
    ttl: Duration,
    now: i64,
) -> Result<String, SignerError> {
    let failed = |e: &dyn std::fmt::Display| SignerError::Issue(e.to_string());
    let key = SubjectPublicKeyInfo::from_der(&facts.public_key).map_err(|e| failed(&e))?;
    let seconds = life_seconds(facts, ttl);
    let made = authority.issue(&facts.subject, &Usage::Client, &key, seconds, now).map_err(|e| failed(&e))?;
    Ok(made.pem())
}
