//! A group is finished only when its pods run this revision and have been ready for the whole soak time since then.

use super::Fact;

/// Fires when fewer pods soaked than the group needs. Pods that were lost a moment ago may have soaked before.
pub(super) fn check(fact: &Fact) -> Option<String> {
    let Fact::Finished { cluster, seq, group, cells } = fact else { return None };
    cells.iter().find(|(_, needed, soaked, lost)| soaked + lost < *needed).map(|(cell, needed, soaked, _)| {
        format!("{cluster} calls group {group} of release {seq} finished: {soaked} of {needed} pods of {cell} soaked")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_when_pods_did_not_soak() {
        let finished = |soaked, lost| {
            let cells = vec![("RZ00A".to_owned(), 3, soaked, lost)];
            check(&Fact::Finished { cluster: "hz-a".into(), seq: 2, group: 1, cells })
        };
        assert!(finished(2, 0).is_some());
        assert_eq!(finished(2, 1), None);
        assert_eq!(finished(3, 0), None);
    }
}
