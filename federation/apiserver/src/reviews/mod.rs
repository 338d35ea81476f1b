//! The review kinds: asked by POST, answered, never stored.
//!
//! Each answer is a function of the request, the caller, and the authorizer or authenticator. They take
//! bodies that the server has decoded and checked against their schema.

pub mod access;
pub mod rules;
pub mod subject;
pub mod token;

pub use access::{local_subject_access_review, self_subject_access_review, subject_access_review};
pub use rules::self_subject_rules_review;
pub use subject::self_subject_review;
pub use token::token_review;

use serde_json::{Map, Value, json};

use crate::resource::Caller;

/// `UserInfo` of `authentication.k8s.io/v1`.
fn user_info(caller: &Caller) -> Value {
    let mut info = Map::new();
    info.insert("username".into(), caller.name.clone().into());
    if !caller.uid.is_empty() {
        info.insert("uid".into(), caller.uid.clone().into());
    }
    info.insert("groups".into(), json!(caller.groups));
    if !caller.extra.is_empty() {
        info.insert("extra".into(), json!(caller.extra));
    }
    Value::Object(info)
}

#[cfg(test)]
mod tests;
