//! Whose token is this: TokenReview.

use serde_json::{Value, json};

use super::user_info;
use crate::authn::Authenticator;
use crate::status::{ApiError, ApiResult};

/// Answers whose `spec.token` is, and for which of the audiences; `now` is in Unix seconds. The token is
/// not repeated in the answer.
///
/// # Errors
/// 400 without a token.
pub fn token_review(mut review: Value, authenticator: &Authenticator, now: i64) -> ApiResult<Value> {
    let token = review["spec"]["token"].as_str().unwrap_or_default();
    if token.is_empty() {
        return Err(ApiError::bad_request("token is required for TokenReview in authentication"));
    }
    let asked = review["spec"]["audiences"].as_array().into_iter().flatten();
    let mut audiences: Vec<String> = asked.filter_map(Value::as_str).map(str::to_owned).collect();
    if audiences.is_empty() {
        audiences = authenticator.audiences().to_vec();
    }
    review["status"] = match authenticator.token_for(token, &audiences, now) {
        Some(caller) => {
            let mut status = json!({ "authenticated": true, "user": user_info(&caller) });
            if !audiences.is_empty() {
                // One audience asked for is the one that fits; of several the client cannot be told more
                // than that one fits, so each is tried.
                audiences.retain(|a| authenticator.token_for(token, std::slice::from_ref(a), now).is_some());
                status["audiences"] = json!(audiences);
            }
            status
        }
        None => json!({ "user": {}, "error": "invalid bearer token" }),
    };
    review["apiVersion"] = "authentication.k8s.io/v1".into();
    review["kind"] = "TokenReview".into();
    if let Some(spec) = review["spec"].as_object_mut() {
        spec.remove("token");
    }
    Ok(review)
}
