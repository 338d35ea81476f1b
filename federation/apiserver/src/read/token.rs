//! Continue tokens: the version of the list and where its next page begins, opaque to clients.
//!
//! The layout is upstream's (`apiserver/pkg/storage/continue.go`), so tools that peek into it keep working.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::status::{ApiError, ApiResult};

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    v: String,
    /// The version of the whole list; -1 after it expired: go on with what is there now.
    rv: i64,
    start: String,
}

impl Token {
    /// The page after `last`, a local key, of the list at `revision`.
    pub(crate) fn after(last: &str, revision: u64) -> Self {
        let rv = i64::try_from(revision).unwrap_or(i64::MAX);
        Self { v: "meta.k8s.io/v1".into(), rv, start: format!("{last}\0") }
    }

    /// The same place in the newest state.
    pub(crate) fn inconsistent(&self) -> Self {
        Self { rv: -1, ..self.clone() }
    }

    /// The version the pages share; `None`: the newest.
    pub(crate) fn revision(&self) -> Option<u64> {
        u64::try_from(self.rv).ok()
    }

    /// The first local key of the page.
    pub(crate) fn start(&self) -> &str {
        &self.start
    }

    /// As it goes to the client.
    pub(crate) fn encode(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    /// Reads what a client sent back. Errors: 400.
    pub(crate) fn decode(text: &str) -> ApiResult<Self> {
        let bad = |why: &str| ApiError::bad_request(format!("continue key is not valid: {why}"));
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|error| bad(&error.to_string()))?;
        let token: Self = serde_json::from_slice(&json).map_err(|error| bad(&error.to_string()))?;
        match (token.v.as_str(), token.rv, token.start.as_str()) {
            ("meta.k8s.io/v1", 0, _) => {
                Err(bad("incorrect encoded start resourceVersion (version meta.k8s.io/v1)"))
            }
            ("meta.k8s.io/v1", _, "") => Err(bad("encoded start key empty (version meta.k8s.io/v1)")),
            ("meta.k8s.io/v1", ..) => Ok(token),
            (other, ..) => Err(bad(&format!("server does not recognize this encoded version {other}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_comes_back() {
        let token = Token::after("ns/web", 42);
        assert_eq!(Token::decode(&token.encode()), Ok(token.clone()));
        assert_eq!((token.revision(), token.start()), (Some(42), "ns/web\0"));
        assert_eq!(token.inconsistent().revision(), None);
    }

    #[test]
    fn an_empty_start_is_refused() {
        let text = URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v1","rv":4,"start":""}"#);
        assert_eq!(Token::decode(&text).map_err(|e| e.code()), Err(400));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,40}") {
            let _ = Token::decode(&text);
        }
    }
}
