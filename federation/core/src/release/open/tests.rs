//! Groups open in order, by confirmations, without those who are away.

use super::*;
use crate::fleet::tests::cluster;
use model::Timestamp;
use proptest::prelude::*;

fn release(needs_confirmation: bool, open: u32) -> ReleaseState {
    ReleaseState {
        seq: ReleaseSeq(2),
        revision: "7f9c".to_owned(),
        needs_confirmation,
        open_group: GroupIndex(open),
        gate: Gate::Open,
    }
}

fn progress(name: &str, groups: u32, groups_finished: u32) -> ClusterProgress {
    ClusterProgress {
        cluster: cluster(name),
        reach: Reach::Ready,
        seq: ReleaseSeq(2),
        groups,
        groups_finished,
        group: GroupIndex(groups_finished.min(groups.saturating_sub(1))),
        ready: 2,
        pods: 2,
        updated: 3,
        total: 10,
    }
}

fn away(mut progress: ClusterProgress) -> ClusterProgress {
    progress.reach = Reach::Unknown { since: Timestamp::from_seconds(9) };
    progress
}

fn word(seq: u64, group: u32) -> ConfirmationTarget {
    ConfirmationTarget { release_seq: ReleaseSeq(seq), group: GroupIndex(group) }
}

fn plan(release: &ReleaseState, clusters: &[ClusterProgress], words: &[ConfirmationTarget]) -> ReleasePlan {
    plan_release(release, clusters, &words.iter().copied().collect())
}

#[test]
fn the_next_group_opens_when_every_cluster_has_finished() {
    let waiting = plan(&release(false, 0), &[progress("a", 3, 1), progress("b", 3, 0)], &[]);
    assert_eq!((waiting.open_group, waiting.phase), (GroupIndex(0), Phase::Releasing));
    assert_eq!(
        waiting.reason.to_string(),
        "group 1 of 3: 1 of 2 clusters finished, waiting for b (2 of 2 pods ready)"
    );
    let opened = plan(&release(false, 0), &[progress("a", 3, 1), progress("b", 3, 1)], &[]);
    assert_eq!(opened.open_group, GroupIndex(1));
}

#[test]
fn a2_one_confirmation_opens_one_group_of_one_release() {
    let at_rest = |name| ClusterProgress { group: GroupIndex(0), ..progress(name, 3, 1) };
    let clusters = [at_rest("a"), at_rest("b")];
    let waiting = plan(&release(true, 0), &clusters, &[word(1, 0), word(2, 1)]);
    assert_eq!((waiting.open_group, waiting.phase), (GroupIndex(0), Phase::Confirming));
    assert_eq!(waiting.wanted, Some(word(2, 0)));
    assert_eq!(waiting.reason.to_string(), "group 1 of 3 of revision 7f9c, 4 of 4 pods ready");
    let going = plan(&release(true, 0), &clusters, &[word(2, 0)]);
    assert_eq!((going.open_group, going.consumed.as_slice()), (GroupIndex(1), &[word(2, 0)][..]));
}

#[test]
fn a_word_given_too_early_counts_when_its_group_is_done() {
    let early = plan(&release(true, 0), &[progress("a", 3, 0)], &[word(2, 0)]);
    assert_eq!((early.open_group, early.consumed.len()), (GroupIndex(0), 0));
}

#[test]
fn after_the_last_group_no_word_is_asked() {
    let done = plan(&release(true, 2), &[progress("a", 3, 3), progress("b", 1, 1)], &[]);
    assert_eq!((done.phase, done.wanted), (Phase::Succeeded, None));
    assert_eq!(done.reason.to_string(), "20 pods run revision 7f9c");
}

#[test]
fn one_with_fewer_groups_counts_as_done() {
    let clusters = [progress("a", 1, 1), progress("b", 3, 2)];
    let opened = plan(&release(false, 1), &clusters, &[]);
    assert_eq!((opened.open_group, opened.groups), (GroupIndex(2), 3));
}

#[test]
fn one_that_is_away_does_not_count_is_named_and_catches_up() {
    let clusters = [progress("a", 2, 2), away(progress("b", 2, 0))];
    let done = plan(&release(true, 1), &clusters, &[]);
    assert_eq!(done.phase, Phase::CatchingUp);
    assert_eq!(done.left_out.to_string(), "b: not heard since 1970-01-01T00:00:09.000Z");
    let back = plan(&release(true, 1), &[progress("a", 2, 2), progress("b", 2, 0)], &[]);
    assert_eq!((back.phase, back.open_group), (Phase::Releasing, GroupIndex(1)));
    assert_eq!(
        back.reason.to_string(),
        "group 2 of 2: 1 of 2 clusters finished, waiting for b (in group 1, 2 of 2 pods ready)"
    );
}

#[test]
fn all_away_holds_everything() {
    let held = plan(&release(false, 1), &[away(progress("a", 3, 2))], &[]);
    assert_eq!((held.open_group, held.reason.name()), (GroupIndex(1), "NoClusterReachable"));
}

#[test]
fn numbers_of_an_older_release_say_nothing() {
    let mut old = progress("a", 3, 3);
    old.seq = ReleaseSeq(1);
    let pending = plan(&release(false, 0), &[old], &[]);
    assert_eq!((pending.open_group, pending.phase, pending.groups), (GroupIndex(0), Phase::Pending, 0));
    assert_eq!(pending.reason.to_string(), "release 2 of revision 7f9c is not taken up yet by a");
}

#[test]
fn paused_and_cancelled_open_nothing() {
    let clusters = [progress("a", 3, 1)];
    for (gate, phase) in [(Gate::Paused, Phase::Paused), (Gate::Cancelled, Phase::Cancelled)] {
        let state = ReleaseState { gate, ..release(true, 0) };
        let held = plan(&state, &clusters, &[word(2, 0)]);
        assert_eq!((held.open_group, held.phase, held.consumed.len()), (GroupIndex(0), phase, 0));
    }
}

fn fleets() -> impl Strategy<Value = Vec<ClusterProgress>> {
    let one = (0..5_u32, 0..6_u32, any::<bool>(), 1..3_u64);
    proptest::collection::vec(one, 0..5).prop_map(|clusters| {
        clusters
            .into_iter()
            .enumerate()
            .map(|(place, (groups, finished, is_away, seq))| {
                let mut one = progress(&format!("c{place}"), groups, finished.min(groups));
                one.seq = ReleaseSeq(seq);
                if is_away { away(one) } else { one }
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn no_group_opens_before_its_predecessor_is_done_and_confirmed(
        clusters in fleets(), open in 0..5_u32, needs: bool,
        words in proptest::collection::btree_set((1..3_u64, 0..5_u32), 0..6),
    ) {
        let words: BTreeSet<_> = words.into_iter().map(|(seq, group)| word(seq, group)).collect();
        let state = release(needs, open);
        let plan = plan_release(&state, &clusters, &words);
        prop_assert!(plan.open_group >= state.open_group);
        for group in open..plan.open_group.0 {
            prop_assert!(!needs || words.contains(&word(2, group)));
            for cluster in clusters.iter().filter(|cluster| cluster.reach.counts()) {
                prop_assert!(cluster.has_finished(&state, GroupIndex(group)));
            }
        }
        // Deciding again from the result changes nothing: the plan is a fixed point.
        let again = plan_release(&ReleaseState { open_group: plan.open_group, ..state }, &clusters, &words);
        prop_assert_eq!(again.open_group, plan.open_group);
        prop_assert_eq!(again.phase, plan.phase);
    }
}
