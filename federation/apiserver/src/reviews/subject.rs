//! Who am I: SelfSubjectReview (`kubectl auth whoami`).

use serde_json::{Value, json};

use super::user_info;
use crate::authn::service_account::timestamp;
use crate::resource::Caller;

/// Answers with the caller as the server sees it; `now` is in Unix seconds.
pub fn self_subject_review(caller: &Caller, now: i64) -> Value {
    json!({
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": { "creationTimestamp": timestamp(now) },
        "status": { "userInfo": user_info(caller) },
    })
}
