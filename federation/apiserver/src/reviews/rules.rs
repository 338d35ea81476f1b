//! All that the caller may do in a namespace: SelfSubjectRulesReview.

use serde_json::{Value, json};

use crate::authz::Authorizer;
use crate::authz::authorizer::is_master;
use crate::authz::rule::PolicyRule;
use crate::resource::Caller;
use crate::status::{ApiError, ApiResult};

/// Answers with the rules of the caller in `spec.namespace`.
///
/// # Errors
/// 400 without a namespace.
pub fn self_subject_rules_review(
    review: &Value,
    caller: &Caller,
    authorizer: &Authorizer,
) -> ApiResult<Value> {
    let namespace = review["spec"]["namespace"].as_str().unwrap_or_default();
    if namespace.is_empty() {
        return Err(ApiError::bad_request("no namespace on request"));
    }
    let mut rules = authorizer.rules_of(caller, namespace);
    if is_master(caller) && rules.is_empty() {
        // The group's rights do not stand in any role; `kubectl auth can-i --list` shows them all the same.
        rules = everything();
    }
    let resources: Vec<Value> = rules.iter().filter(|r| !r.resources.is_empty()).map(resource_rule).collect();
    let paths: Vec<Value> = rules
        .iter()
        .filter(|r| !r.non_resource_urls.is_empty())
        .map(|r| json!({ "verbs": r.verbs, "nonResourceURLs": r.non_resource_urls }))
        .collect();
    Ok(json!({
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": {},
        "status": { "resourceRules": resources, "nonResourceRules": paths, "incomplete": false },
    }))
}

fn resource_rule(rule: &PolicyRule) -> Value {
    let mut shown = json!({ "verbs": rule.verbs, "apiGroups": rule.api_groups, "resources": rule.resources });
    if !rule.resource_names.is_empty() {
        shown["resourceNames"] = json!(rule.resource_names);
    }
    shown
}

fn everything() -> Vec<PolicyRule> {
    let all = || vec!["*".to_owned()];
    vec![
        PolicyRule { verbs: all(), api_groups: all(), resources: all(), ..PolicyRule::default() },
        PolicyRule { verbs: all(), non_resource_urls: all(), ..PolicyRule::default() },
    ]
}
