//! No group opens before every cluster that counts has finished the one before, and, where a word is needed, before
//! somebody gave it for exactly that group of that release.

use super::Fact;

/// Fires on a group that opened early.
pub(super) fn check(fact: &Fact) -> Option<String> {
    let Fact::Booked { seq, opened, .. } = fact else { return None };
    opened.iter().find_map(|group| {
        if let Some(cluster) = group.unfinished.first() {
            return Some(format!(
                "release {seq} went on, and {cluster} had not finished group {}",
                group.finished
            ));
        }
        let is_unasked = group.needs_word && !group.has_word;
        is_unasked
            .then(|| format!("release {seq} went on after group {} without a confirmation", group.finished))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Division, OpenedGroup};
    use super::*;

    fn opened(unfinished: &[&str], needs_word: bool, has_word: bool) -> Option<String> {
        let unfinished = unfinished.iter().map(|cluster| (*cluster).to_owned()).collect();
        let group = OpenedGroup { finished: 0, needs_word, has_word, unfinished };
        let division = Division::default();
        check(&Fact::Booked { before: division.clone(), after: division, seq: 2, opened: vec![group] })
    }

    #[test]
    fn fires_on_a_cluster_that_is_behind_and_on_a_missing_word() {
        assert!(opened(&["hz-b"], false, false).is_some_and(|message| message.contains("hz-b")));
        assert!(opened(&[], true, false).is_some());
        assert_eq!(opened(&[], true, true), None);
        assert_eq!(opened(&[], false, false), None);
    }
}
