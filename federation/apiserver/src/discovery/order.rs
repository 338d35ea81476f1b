//! Which group and which version stands first: clients take the first that fits.

use std::cmp::Ordering;

/// Upstream's priority of a group (`cmd/kube-apiserver/app/aggregator.go`); groups of custom kinds
/// have 1000 and go by name.
pub(super) fn weight(group: &str) -> u32 {
    match group {
        "" => 18000,
        "apps" => 17800,
        "events.k8s.io" => 17750,
        "authentication.k8s.io" => 17700,
        "authorization.k8s.io" => 17600,
        "autoscaling" => 17500,
        "certificates.k8s.io" => 17300,
        "policy" => 17110,
        "rbac.authorization.k8s.io" => 17000,
        "coordination.k8s.io" => 16500,
        _ => 1000,
    }
}

/// Newest first: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then other words by name.
pub(super) fn versions(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => b.cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// Stability (0 alpha, 1 beta, 2 stable), major, minor.
fn parse(version: &str) -> Option<(u8, u64, u64)> {
    let rest = version.strip_prefix('v')?;
    for (word, stability) in [("alpha", 0), ("beta", 1)] {
        if let Some((major, minor)) = rest.split_once(word) {
            return Some((stability, major.parse().ok()?, minor.parse().ok()?));
        }
    }
    Some((2, rest.parse().ok()?, 0))
}

#[cfg(test)]
mod tests {
    #[test]
    fn stable_versions_come_first() {
        let mut list = ["v1alpha1", "v1beta1", "foo", "v1", "v2beta1", "v10", "v2", "v1beta2", "bar"];
        list.sort_by(|a, b| super::versions(a, b));
        assert_eq!(list, ["v10", "v2", "v1", "v2beta1", "v1beta2", "v1beta1", "v1alpha1", "bar", "foo"]);
    }
}
