//! Kinds that are answered and never stored: SelfSubjectAccessReview and its family, TokenReview, and what is
//! posted to a subresource (`pods/binding`, `serviceaccounts/token`).

use async_trait::async_trait;
use serde_json::Value;

use crate::resource::Caller;
use crate::status::ApiResult;

/// Answers a POST of one such kind.
#[async_trait]
pub trait Review: Send + Sync + 'static {
    /// Answers with `object` and its status filled in, or with another object. Errors go to the client.
    async fn review(&self, request: ReviewRequest<'_>) -> ApiResult<Value>;
}

/// What was posted. The object has been decoded, pruned, defaulted and validated.
pub struct ReviewRequest<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Namespace of the path; empty for cluster scope.
    pub namespace: &'a str,
    /// Name of the path; empty for a kind of its own.
    pub name: &'a str,
    /// The object.
    pub object: Value,
    /// Whether nothing may be changed.
    pub dry_run: bool,
    /// Now, in Unix seconds.
    pub now_unix_seconds: i64,
}
