//! One policy rule of a role, and whether it matches a request.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::attributes::Attributes;
use super::quote::quoted_list;

/// `rbac.authorization.k8s.io/v1 PolicyRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRule {
    /// Verbs; `*` is all of them.
    #[serde(default, deserialize_with = "list")]
    pub verbs: Vec<String>,
    /// API groups; `*` is all of them.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    /// `pods`, `pods/log`, `*/scale` or `*`.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Names; empty is all of them.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// Paths; a trailing `*` matches any rest.
    #[serde(
        default,
        rename = "nonResourceURLs",
        deserialize_with = "list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub non_resource_urls: Vec<String>,
}

/// A list that may be `null`, as Go clients write empty ones.
fn list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::<Vec<String>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Whether `set` has `item` or `*`.
pub(super) fn has_or_all(set: &[String], item: &str) -> bool {
    set.iter().any(|s| s == "*" || s == item)
}

impl PolicyRule {
    /// Whether the rule allows `asked`.
    pub fn allows(&self, asked: &Attributes<'_>) -> bool {
        if !has_or_all(&self.verbs, asked.verb) {
            return false;
        }
        if !asked.is_resource() {
            return self.matches_path(asked.path);
        }
        has_or_all(&self.api_groups, asked.group)
            && self.matches_resource(asked.resource, asked.subresource)
            && (self.resource_names.is_empty() || self.resource_names.iter().any(|n| n == asked.name))
    }

    fn matches_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|allowed| {
            if allowed == "*" {
                return true;
            }
            if subresource.is_empty() {
                return allowed == resource;
            }
            // `pods/log` itself, or `*/log`: a wildcard for the part before the slash.
            match allowed.split_once('/') {
                Some((before, after)) => after == subresource && (before == resource || before == "*"),
                None => false,
            }
        })
    }

    fn matches_path(&self, path: &str) -> bool {
        self.non_resource_urls.iter().any(|allowed| path_covers(allowed, path))
    }

    /// As upstream shows a rule in escalation errors: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`.
    pub fn compact(&self) -> String {
        let parts = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.non_resource_urls),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ];
        let mut out = String::from("{");
        for (name, list) in parts.into_iter().filter(|(_, list)| !list.is_empty()) {
            if out.len() > 1 {
                out.push_str(", ");
            }
            // Writing to a String cannot fail.
            let _ = write!(out, "{name}:{}", quoted_list(list));
        }
        out.push('}');
        out
    }
}

/// Whether the path pattern `owner` (exact, `*`, or with a trailing `*`) takes in `path`.
pub(super) fn path_covers(owner: &str, path: &str) -> bool {
    owner == "*"
        || owner == path
        || owner.strip_suffix('*').is_some_and(|p| path.starts_with(p.trim_end_matches('*')))
}
