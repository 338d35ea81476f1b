//! The order in which proofs are tried: client certificate, bearer token, then anonymous.
//!
//! Anonymous callers get as far as `/livez`, `/readyz`, `/healthz` (with everything under them) and
//! `/version`; what they may see there is for the role `system:public-info-viewer`. Any other path
//! answers 401, so that a client with lost credentials hears it at once and not as 403.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::lookup::Lookup;
use super::service_account::ServiceAccountTokens;
use super::x509::Identity;
use super::{ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, bootstrap};
use crate::resource::Caller;
use crate::status::{ApiError, ApiResult};

/// What a server accepts beside client certificates.
#[derive(Default)]
pub struct AuthenticatorConfig {
    /// ServiceAccount tokens.
    pub service_accounts: Option<Arc<ServiceAccountTokens>>,
    /// Whether bootstrap tokens are accepted.
    pub bootstrap_tokens: bool,
    /// Fixed tokens with their callers, for tests and closed set-ups.
    pub static_tokens: BTreeMap<String, Caller>,
}

/// Decides who asks.
pub struct Authenticator {
    lookup: Arc<dyn Lookup>,
    config: AuthenticatorConfig,
}

impl Authenticator {
    /// An authenticator over the server's cache.
    pub fn new(lookup: Arc<dyn Lookup>, config: AuthenticatorConfig) -> Self {
        Self { lookup, config }
    }

    /// Who sends this request. `identity` is that of the connection's client certificate, `now` is in
    /// Unix seconds.
    ///
    /// # Errors
    /// 401 when a proof is offered and no good, or none is offered and the path needs one.
    pub fn authenticate(
        &self,
        identity: Option<&Identity>,
        headers: &HeaderMap,
        path: &str,
        now: i64,
    ) -> ApiResult<Arc<Caller>> {
        if let Some(caller) = identity.and_then(|i| i.caller_at(now)) {
            return Ok(Arc::clone(caller));
        }
        if let Some(token) = bearer(headers) {
            return self.token(token, now).map(Arc::new).ok_or_else(ApiError::unauthorized);
        }
        // An expired certificate is an offered proof that is no good.
        if identity.is_some() || headers.contains_key(AUTHORIZATION) || !is_public(path) {
            return Err(ApiError::unauthorized());
        }
        Ok(Arc::new(anonymous()))
    }

    /// The caller of a bearer token for this server itself, if the token is good.
    pub fn token(&self, token: &str, now: i64) -> Option<Caller> {
        let audiences = self.config.service_accounts.as_ref().map_or(&[][..], |s| s.audiences());
        self.token_for(token, audiences, now)
    }

    /// The caller of a bearer token for one of `audiences`. Static and bootstrap tokens are for this
    /// server alone, whatever the audiences.
    pub fn token_for(&self, token: &str, audiences: &[String], now: i64) -> Option<Caller> {
        if let Some(caller) = self.static_token(token) {
            return Some(caller);
        }
        if self.config.bootstrap_tokens
            && let Some(caller) = bootstrap::authenticate(token, &*self.lookup, now)
        {
            return Some(caller);
        }
        let accounts = self.config.service_accounts.as_ref()?;
        accounts.verify(token, audiences, &*self.lookup, now)
    }

    /// The audiences that mean this server; empty when it issues no tokens.
    pub fn audiences(&self) -> &[String] {
        self.config.service_accounts.as_ref().map_or(&[], |s| s.audiences())
    }

    fn static_token(&self, token: &str) -> Option<Caller> {
        let mut caller = self.config.static_tokens.get(token)?.clone();
        if !caller.groups.iter().any(|g| g == AUTHENTICATED) {
            caller.groups.push(AUTHENTICATED.to_owned());
        }
        Some(caller)
    }
}

/// The caller without a proof.
pub fn anonymous() -> Caller {
    Caller { name: ANONYMOUS.into(), groups: vec![UNAUTHENTICATED.into()], ..Caller::default() }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn is_public(path: &str) -> bool {
    let health = ["/livez", "/readyz", "/healthz"];
    let under = |p: &str| path.strip_prefix(p).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    health.into_iter().any(under) || path == "/version" || path == "/version/"
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    struct Nothing;

    impl Lookup for Nothing {
        fn get(&self, _: &str, _: &str, _: &str, _: &str) -> Option<Bytes> {
            None
        }
    }

    fn authenticator() -> Authenticator {
        let user = Caller { name: "t".into(), ..Caller::default() };
        let config = AuthenticatorConfig {
            bootstrap_tokens: true,
            static_tokens: BTreeMap::from([("secret".to_owned(), user)]),
            ..AuthenticatorConfig::default()
        };
        Authenticator::new(Arc::new(Nothing), config)
    }

    fn ask(authorization: Option<&str>, path: &str) -> Result<String, u16> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.parse().expect("a header value"));
        }
        authenticator().authenticate(None, &headers, path, 0).map(|c| c.name.clone()).map_err(|e| e.code())
    }

    #[test]
    fn nobody_in_particular_sees_health_and_version_alone() {
        for path in ["/livez", "/readyz", "/healthz", "/readyz/store", "/version"] {
            assert_eq!(ask(None, path), Ok(ANONYMOUS.into()), "{path}");
        }
        for path in ["/", "/api", "/livezz", "/versions", "/metrics", ""] {
            assert_eq!(ask(None, path), Err(401), "{path}");
        }
    }

    #[test]
    fn a_bad_token_is_refused_even_where_none_is_needed() {
        assert_eq!(ask(Some("Bearer secret"), "/api"), Ok("t".into()));
        assert_eq!(ask(Some("bearer  secret "), "/api"), Ok("t".into()));
        for bad in ["Bearer wrong", "Bearer abcdef.0123456789abcdef", "Basic x", "Bearer", "secret"] {
            assert_eq!(ask(Some(bad), "/livez"), Err(401), "{bad}");
        }
    }
}
