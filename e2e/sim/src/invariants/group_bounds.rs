//! An update never takes more pods than the open groups allow.

use super::Fact;

/// Fires on the pod that is too many.
pub(super) fn check(fact: &Fact) -> Option<String> {
    let Fact::Taken { cluster, cell, seq, revision, at_revision, allowed } = fact else { return None };
    (at_revision > allowed).then(|| {
        format!(
            "{cluster} has {at_revision} pods of {cell} at {revision}; release {seq} has opened {allowed}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_on_one_pod_too_many() {
        let taken = |at_revision| {
            let (cluster, cell, revision) = ("hz-a".into(), "RZ00A".into(), "v2".into());
            check(&Fact::Taken { cluster, cell, seq: 2, revision, at_revision, allowed: 2 })
        };
        assert!(taken(3).is_some());
        assert_eq!(taken(2), None);
    }
}
