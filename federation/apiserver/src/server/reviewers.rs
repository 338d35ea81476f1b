//! The reviews that a server answers itself, from its authorizer and authenticator.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::review::{Review, ReviewRequest};
use crate::authn::Authenticator;
use crate::authn::service_account::ServiceAccountTokens;
use crate::authz::Authorizer;
use crate::cache::feed::Feed;
use crate::cache::keys;
use crate::reviews;
use crate::status::{ApiError, ApiResult};

/// Which of the family.
#[derive(Clone, Copy)]
enum Which {
    SelfAccess,
    Access,
    LocalAccess,
    SelfRules,
    SelfSubject,
    Token,
}

struct Family {
    which: Which,
    authorizer: Arc<Authorizer>,
    authenticator: Arc<Authenticator>,
}

/// All of them, by `GROUP/PLURAL`.
pub(super) fn all(
    authorizer: &Arc<Authorizer>,
    authenticator: &Arc<Authenticator>,
    tokens: Option<&Arc<ServiceAccountTokens>>,
    feed: &Arc<Feed>,
) -> BTreeMap<String, Arc<dyn Review>> {
    let mut all: BTreeMap<String, Arc<dyn Review>> = BTreeMap::new();
    for (what, which) in [
        ("authorization.k8s.io/selfsubjectaccessreviews", Which::SelfAccess),
        ("authorization.k8s.io/subjectaccessreviews", Which::Access),
        ("authorization.k8s.io/localsubjectaccessreviews", Which::LocalAccess),
        ("authorization.k8s.io/selfsubjectrulesreviews", Which::SelfRules),
        ("authentication.k8s.io/selfsubjectreviews", Which::SelfSubject),
        ("authentication.k8s.io/tokenreviews", Which::Token),
    ] {
        let (authorizer, authenticator) = (authorizer.clone(), authenticator.clone());
        all.insert(what.to_owned(), Arc::new(Family { which, authorizer, authenticator }));
    }
    if let Some(tokens) = tokens {
        let request = TokenRequests { tokens: tokens.clone(), feed: feed.clone() };
        all.insert("/serviceaccounts/token".to_owned(), Arc::new(request));
    }
    all
}

#[async_trait]
impl Review for Family {
    async fn review(&self, request: ReviewRequest<'_>) -> ApiResult<Value> {
        let ReviewRequest { caller, namespace, object, now_unix_seconds, .. } = request;
        match self.which {
            Which::SelfAccess => reviews::self_subject_access_review(object, caller, &self.authorizer),
            Which::Access => reviews::subject_access_review(object, &self.authorizer),
            Which::LocalAccess => reviews::local_subject_access_review(object, namespace, &self.authorizer),
            Which::SelfRules => reviews::self_subject_rules_review(&object, caller, &self.authorizer),
            Which::SelfSubject => Ok(reviews::self_subject_review(caller, now_unix_seconds)),
            Which::Token => reviews::token_review(object, &self.authenticator, now_unix_seconds),
        }
    }
}

/// `serviceaccounts/NAME/token`.
struct TokenRequests {
    tokens: Arc<ServiceAccountTokens>,
    feed: Arc<Feed>,
}

#[async_trait]
impl Review for TokenRequests {
    async fn review(&self, request: ReviewRequest<'_>) -> ApiResult<Value> {
        let kind = self.feed.by_path(&keys::path_of("", "serviceaccounts"));
        let found = kind.and_then(|kind| kind.get(&keys::local(request.namespace, request.name)));
        let entry = found.ok_or_else(|| ApiError::not_found("", "serviceaccounts", request.name))?;
        let account: Value = serde_json::from_slice(entry.stored()).map_err(ApiError::internal)?;
        let id = uuid::Uuid::new_v4().to_string();
        self.tokens.issue(request.object, &account, request.now_unix_seconds, &id)
    }
}
