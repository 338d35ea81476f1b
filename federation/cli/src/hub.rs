//! Requests to the hub: typed ones through `kube::Api`, and raw ones for kinds that are only known at run time.

use kube::client::Body;
use kube::config::Config;
use kube::core::Status;
use kube::{Api, Client};
use serde_json::Value;

use crate::failure::{Attempt, Failure};

/// What a change by a verb is recorded as; an apply has the same name with the operation `Apply`.
pub const MANAGER: &str = "fedctl";
/// Most bytes of an error answer that is no `Status` which are worth showing.
const SHOWN_BODY: usize = 300;

/// A hub, and the namespace that is meant where none is named.
#[derive(Clone)]
pub struct Hub {
    /// The client.
    pub client: Client,
    /// The namespace of this run.
    pub namespace: String,
    /// What the client was made of.
    pub config: Config,
}

/// An answer of the hub, and the warnings that came with it.
pub struct Answer {
    /// The body.
    pub body: Value,
    /// Texts of the `Warning` headers.
    pub warnings: Vec<String>,
}

impl Hub {
    /// `https://host:port` of the hub.
    #[must_use]
    pub fn server(&self) -> String {
        self.config.cluster_url.to_string().trim_end_matches('/').to_owned()
    }

    /// Objects of a kind of cluster scope.
    #[must_use]
    pub fn all<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = ()>,
    {
        Api::all(self.client.clone())
    }

    /// Objects of a kind in the namespace of this run.
    #[must_use]
    pub fn here<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Reads JSON from a path.
    pub async fn read(&self, path: &str, accept: &str, attempt: &str) -> Result<Value, Failure> {
        let request = http::Request::get(path).header(http::header::ACCEPT, accept).body(Vec::new());
        Ok(self.send(request, attempt).await?.body)
    }

    /// Patches what is at a path.
    pub async fn patch(
        &self,
        path: &str,
        content_type: &str,
        body: &Value,
        attempt: &str,
    ) -> Result<Answer, Failure> {
        let request = http::Request::patch(path)
            .header(http::header::CONTENT_TYPE, content_type)
            .body(body.to_string().into_bytes());
        self.send(request, attempt).await
    }

    /// Deletes what is at a path.
    pub async fn delete(&self, path: &str, options: &Value, attempt: &str) -> Result<Value, Failure> {
        let request = http::Request::delete(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(options.to_string().into_bytes());
        Ok(self.send(request, attempt).await?.body)
    }

    async fn send(
        &self,
        request: Result<http::Request<Vec<u8>>, http::Error>,
        attempt: &str,
    ) -> Result<Answer, Failure> {
        let attempt = || attempt.to_owned();
        let request = request.map_err(kube::Error::HttpError).attempt(attempt)?;
        let answer = self.client.send(request.map(Body::from)).await.attempt(attempt)?;
        let code = answer.status();
        let warnings = answer.headers().get_all(http::header::WARNING).iter();
        let warnings = warnings.filter_map(|text| text.to_str().ok()).map(warning_text).collect();
        let bytes = answer.into_body().collect_bytes().await.attempt(attempt)?;
        if code.is_client_error() || code.is_server_error() {
            return Err(kube::Error::Api(Box::new(refusal(code.as_u16(), &bytes)))).attempt(attempt);
        }
        let body = serde_json::from_slice(&bytes).map_err(kube::Error::SerdeError).attempt(attempt)?;
        Ok(Answer { body, warnings })
    }
}

/// The answer as a `Status`, whatever it is.
fn refusal(code: u16, bytes: &[u8]) -> Status {
    match serde_json::from_slice::<Status>(bytes) {
        Ok(status) if status.code != 0 || !status.message.is_empty() => Status { code, ..status },
        _ => {
            let text: String = String::from_utf8_lossy(bytes).chars().take(SHOWN_BODY).collect();
            Status::failure(&format!("HTTP {code}: {}", text.trim()), "Unknown").with_code(code)
        }
    }
}

/// The text of a header like `299 - "the text"` (RFC 9111 5.5 of old: code, agent, quoted text).
fn warning_text(header: &str) -> String {
    let text = header.splitn(3, ' ').nth(2).unwrap_or(header).trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    text.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_lose_their_wrapping() {
        assert_eq!(warning_text(r#"299 - "unknown field \"spec.x\"""#), r#"unknown field "spec.x""#);
        assert_eq!(warning_text("odd"), "odd");
    }

    #[test]
    fn an_answer_that_is_no_status_is_shown() {
        let status = refusal(502, b"<html>bad gateway</html>");
        assert_eq!((status.code, status.message.as_str()), (502, "HTTP 502: <html>bad gateway</html>"));
        let status = refusal(404, br#"{"kind":"Status","message":"no","reason":"NotFound","code":404}"#);
        assert_eq!((status.code, status.message.as_str()), (404, "no"));
    }
}
