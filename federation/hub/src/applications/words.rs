//! Confirmations: which count, and what each came to.

use std::collections::BTreeSet;
use std::sync::Arc;

use crds::federation::{Confirmation, ConfirmationStatus};
use kube::ResourceExt;
use model::release::{ConfirmationTarget, GroupIndex, ReleaseSeq};

/// A confirmation in the core's words; groups of the API count from `base`. `None`: no such group can be.
fn target(confirmation: &Confirmation, base: i32) -> Option<ConfirmationTarget> {
    let seq = u64::try_from(confirmation.spec.release_seq).ok()?;
    let group = u32::try_from(confirmation.spec.group.checked_sub(base)?).ok()?;
    Some(ConfirmationTarget { release_seq: ReleaseSeq(seq), group: GroupIndex(group) })
}

/// Whether nothing was decided about it.
fn is_fresh(confirmation: &Confirmation) -> bool {
    confirmation.status.as_ref().is_none_or(|status| status.consumed_at.is_empty() && status.by.is_empty())
}

/// Words that may still open a group.
pub(super) fn fresh(confirmations: &[Arc<Confirmation>], base: i32) -> BTreeSet<ConfirmationTarget> {
    confirmations.iter().filter(|c| is_fresh(c)).filter_map(|c| target(c, base)).collect()
}

/// Where the release is when words are judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// The release.
    pub seq: ReleaseSeq,
    /// The highest group that is open.
    pub open_group: GroupIndex,
    /// Whether the release asks for words.
    pub asks: bool,
    /// Whether it is done.
    pub is_done: bool,
    /// Number of the first group.
    pub base: i32,
}

/// What becomes of words that are spent or void; those that may still count are left alone. `now` is RFC 3339.
pub(super) fn settle(
    confirmations: &[Arc<Confirmation>],
    standing: Standing,
    now: &str,
) -> Vec<(Arc<Confirmation>, ConfirmationStatus)> {
    let mut used: BTreeSet<ConfirmationTarget> = confirmations
        .iter()
        .filter(|c| c.status.as_ref().is_some_and(|status| !status.consumed_at.is_empty()))
        .filter_map(|c| target(c, standing.base))
        .collect();
    let mut waiting: Vec<&Arc<Confirmation>> = confirmations.iter().filter(|c| is_fresh(c)).collect();
    // The oldest word of several for one group is the one that counted.
    waiting.sort_by_key(|c| (c.creation_timestamp(), c.name_any()));
    let mut settled = Vec::new();
    for confirmation in waiting {
        if let Some(status) = judge(confirmation, standing, &mut used, now) {
            settled.push((confirmation.clone(), status));
        }
    }
    settled
}

fn judge(
    confirmation: &Confirmation,
    standing: Standing,
    used: &mut BTreeSet<ConfirmationTarget>,
    now: &str,
) -> Option<ConfirmationStatus> {
    let void =
        |why: String| Some(ConfirmationStatus { consumed_at: String::new(), by: format!("void: {why}") });
    let (seq, base) = (standing.seq, standing.base);
    let group = confirmation.spec.group;
    let Some(target) = target(confirmation, base) else {
        return void(format!("there is no group {group}: groups of this release count from {base}"));
    };
    if target.release_seq < seq {
        return void(format!("release {} is over, the release is {seq}", target.release_seq));
    }
    if target.release_seq > seq {
        return void(format!("there is no release {} yet, the release is {seq}", target.release_seq));
    }
    if target.group < standing.open_group && standing.asks {
        if !used.insert(target) {
            return void(format!("group {group} of release {seq} was confirmed already"));
        }
        let by = format!("release {seq}: group {} opened", group.saturating_add(1));
        return Some(ConfirmationStatus { consumed_at: now.to_owned(), by });
    }
    if !standing.asks {
        return void(format!("release {seq} asks for no confirmation"));
    }
    if standing.is_done {
        return void(format!("release {seq} is complete"));
    }
    None
}

#[cfg(test)]
mod tests {
    use crds::federation::{ConfirmationSpec, ConfirmationTarget as Target};

    use super::*;

    fn word(name: &str, release_seq: i64, group: i32) -> Arc<Confirmation> {
        let target = Target { name: "shop".into(), ..Target::default() };
        Arc::new(Confirmation::new(
            name,
            ConfirmationSpec { target, release_seq, group, ..Default::default() },
        ))
    }

    fn standing(open_group: u32, base: i32) -> Standing {
        Standing { seq: ReleaseSeq(3), open_group: GroupIndex(open_group), asks: true, is_done: false, base }
    }

    #[test]
    fn a_word_for_an_opened_group_is_consumed_once_and_later_ones_wait() {
        let words = [word("a", 3, 0), word("b", 3, 0), word("c", 3, 1)];
        let settled = settle(&words, standing(1, 0), "now");
        let said: Vec<_> =
            settled.iter().map(|(c, s)| (c.name_any(), s.consumed_at.as_str(), s.by.as_str())).collect();
        assert_eq!(
            said,
            [
                ("a".to_owned(), "now", "release 3: group 1 opened"),
                ("b".to_owned(), "", "void: group 0 of release 3 was confirmed already"),
            ]
        );
    }

    #[test]
    fn words_for_other_releases_are_void_and_say_why() {
        let settled = settle(&[word("old", 2, 0), word("new", 4, 0)], standing(0, 0), "now");
        assert_eq!(settled[0].1.by, "void: there is no release 4 yet, the release is 3");
        assert_eq!(settled[1].1.by, "void: release 2 is over, the release is 3");
        assert!(settled.iter().all(|(_, status)| status.consumed_at.is_empty()));
    }

    #[test]
    fn with_batches_groups_count_from_one() {
        let targets = fresh(&[word("a", 3, 1), word("b", 3, 0)], 1);
        assert_eq!(targets.into_iter().map(|t| t.group.0).collect::<Vec<_>>(), [0]);
        let settled = settle(&[word("b", 3, 0)], standing(0, 1), "now");
        assert!(settled[0].1.by.starts_with("void: there is no group 0"), "{}", settled[0].1.by);
    }
}
