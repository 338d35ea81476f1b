//! TLS with optional client certificates of our own authority.
//!
//! A client certificate of another authority, or one that has ended, fails the handshake; no
//! certificate is fine, since the client may come with a token.

use std::sync::Arc;

use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use super::authority::Authority;
use super::serving::Serving;

/// The TLS library refused the material.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// As a root of trust.
    #[error("take the authority's certificate as a root of trust")]
    Root(#[source] rustls::Error),
    /// As the judge of client certificates.
    #[error("set up the check of client certificates")]
    Verifier(#[source] VerifierBuilderError),
    /// No protocol version in common with its own cipher suites.
    #[error("choose protocol versions")]
    Versions(#[source] rustls::Error),
}

/// TLS 1.2 and 1.3 by ring, ALPN `h2` and `http/1.1`.
pub(super) fn server_config(authority: &Authority, serving: Arc<Serving>) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate_der().clone()).map_err(TlsError::Root)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(TlsError::Verifier)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Versions)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(serving);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
