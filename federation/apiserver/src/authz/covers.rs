//! Whether the rules somebody holds cover the rules somebody wants to give.
//!
//! Upstream: `component-helpers/auth/rbac/validation/policy_comparator.go`.

use std::collections::BTreeMap;

use super::rule::{PolicyRule, has_or_all, path_covers};

/// The parts of `wanted` that `held` does not cover, merged by verb as upstream shows them.
/// Empty when all is covered.
pub fn missing(held: &[PolicyRule], wanted: &[PolicyRule]) -> Vec<PolicyRule> {
    let uncovered = wanted.iter().flat_map(broken_down).filter(|part| !held.iter().any(|h| covers(h, part)));
    compacted(uncovered)
}

/// A rule as rules of one verb on one thing.
fn broken_down(rule: &PolicyRule) -> Vec<PolicyRule> {
    let mut parts = Vec::new();
    for group in &rule.api_groups {
        for resource in &rule.resources {
            for verb in &rule.verbs {
                let part = PolicyRule {
                    verbs: vec![verb.clone()],
                    api_groups: vec![group.clone()],
                    resources: vec![resource.clone()],
                    ..PolicyRule::default()
                };
                if rule.resource_names.is_empty() {
                    parts.push(part);
                    continue;
                }
                let named = rule.resource_names.iter();
                parts.extend(named.map(|n| PolicyRule { resource_names: vec![n.clone()], ..part.clone() }));
            }
        }
    }
    for url in &rule.non_resource_urls {
        for verb in &rule.verbs {
            parts.push(PolicyRule {
                verbs: vec![verb.clone()],
                non_resource_urls: vec![url.clone()],
                ..PolicyRule::default()
            });
        }
    }
    parts
}

/// Whether `held` alone covers a broken-down `part`.
fn covers(held: &PolicyRule, part: &PolicyRule) -> bool {
    let names = if part.resource_names.is_empty() {
        held.resource_names.is_empty()
    } else {
        held.resource_names.is_empty() || part.resource_names.iter().all(|n| held.resource_names.contains(n))
    };
    names
        && part.verbs.iter().all(|v| has_or_all(&held.verbs, v))
        && part.api_groups.iter().all(|g| has_or_all(&held.api_groups, g))
        && part.resources.iter().all(|r| covers_resource(&held.resources, r))
        && part.non_resource_urls.iter().all(|u| held.non_resource_urls.iter().any(|h| path_covers(h, u)))
}

fn covers_resource(held: &[String], resource: &str) -> bool {
    if has_or_all(held, resource) {
        return true;
    }
    let Some((_, subresource)) = resource.split_once('/') else { return false };
    held.iter().any(|h| h.strip_prefix("*/") == Some(subresource))
}

/// Puts rules that differ by verb alone together, in a fixed order.
fn compacted(parts: impl Iterator<Item = PolicyRule>) -> Vec<PolicyRule> {
    let mut merged: BTreeMap<PolicyRule, Vec<String>> = BTreeMap::new();
    let mut paths = Vec::new();
    for mut part in parts {
        if part.non_resource_urls.is_empty() {
            let verbs = std::mem::take(&mut part.verbs);
            merged.entry(part).or_default().extend(verbs);
        } else {
            paths.push(part);
        }
    }
    let resources = merged.into_iter().map(|(rule, mut verbs)| {
        let mut seen = std::collections::BTreeSet::new();
        verbs.retain(|v| seen.insert(v.clone()));
        PolicyRule { verbs, ..rule }
    });
    paths.extend(resources);
    paths
}
