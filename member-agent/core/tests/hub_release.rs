//! Releases as a hub leads them: groups wait for its word, a new number is a new release, and pods that only stay
//! until others can do without them are of no group. Each case was found by the simulation.

use std::sync::Arc;

use member_agent_core::cafe_deployment::{
    Confirmed, Deployment, Kind, Phase, Plan, PodSetType, Seen, SetSeen, Status, plan, set_name,
};
use member_agent_core::in_place_set::PodUpgradePolicy;
use member_agent_core::pod::{PodView, Scheduling};
use model::Timestamp;
use model::groups::UpgradeType;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_000);

fn template(image: &str) -> Arc<Value> {
    let containers = json!([{"name": "shop", "image": image}]);
    Arc::new(json!({"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": containers}}))
}

/// An application that a hub owns, with `a` and `b` pods in its two cells.
fn deployment(image: &str, seq: i64, open_group: i32, shares: [u32; 2]) -> Deployment {
    let [a, b] = shares;
    let group = open_group - 1;
    Deployment {
        name: "shop".into(),
        generation: 1,
        replicas: a + b,
        match_labels: [("app".to_owned(), "shop".to_owned())].into(),
        template: template(image),
        overrides: Vec::new(),
        pod_set_type: PodSetType::InPlaceSet,
        upgrade_type: UpgradeType::Beta,
        batch_size: Some(2),
        need_confirm: true,
        confirm_scaling: false,
        min_ready_seconds: 0,
        pause: false,
        policy: PodUpgradePolicy::InPlaceIfPossible,
        confirmed: (group >= 0).then_some(Confirmed { release_seq: seq, group }),
        cells: Some(vec!["A".into(), "B".into()]),
        pins: Default::default(),
        assigned: [("A".to_owned(), a), ("B".to_owned(), b)].into(),
        reschedule_after_seconds: None,
        history_limit: 3,
        progress_deadline_seconds: 600,
        hub_release_seq: Some(seq),
        has_hub_owner: true,
        upgrade_confirmed: None,
        rollback_to: None,
    }
}

fn pod(cell: &str, number: u32, revision: &str, is_ready: bool) -> PodView {
    PodView {
        name: format!("shop-{cell}-{number}"),
        uid: format!("{cell}{number}"),
        set: set_name("shop", Some(cell)),
        revision: revision.to_owned(),
        created: Timestamp::from_seconds(0),
        deleting: false,
        ended: false,
        ready_since: is_ready.then_some(Timestamp::from_seconds(10)),
        gate: Some(true),
        observed: true,
        scheduling: Scheduling::Placed,
        containers: Default::default(),
        record: None,
    }
}

/// Sets of so many replicas, with ready pods of the revision.
fn seen(status: Status, revision: &str, pods: [u32; 2]) -> Seen {
    let cells = ["A", "B"].into_iter().zip(pods);
    let sets = cells.clone().map(|(cell, replicas)| SetSeen {
        name: set_name("shop", Some(cell)),
        cell: cell.to_owned(),
        revision: revision.to_owned(),
        replicas,
        ..SetSeen::default()
    });
    let pods = cells
        .clone()
        .flat_map(|(cell, count)| (0..count).map(move |number| pod(cell, number, revision, true)));
    Seen { status, sets: sets.collect(), pods: pods.collect(), ..Seen::default() }
}

/// The status of release 1 of `v1`, finished with so many pods.
fn finished(pods: [u32; 2]) -> (Status, String) {
    let shop = deployment("v1", 1, 9, pods);
    let mut status = plan(&shop, &seen(Status::default(), "", [0, 0]), NOW).status;
    let revision = status.updated_revision.clone();
    while status.release.as_ref().is_none_or(|release| release.phase != Phase::Succeeded) {
        let next = plan(&shop, &seen(status.clone(), &revision, pods), NOW).status;
        assert_ne!(next, status, "the first release goes on");
        status = next;
    }
    (status, revision)
}

fn release(plan: &Plan) -> (Kind, Phase, i32) {
    let release = plan.status.release.as_ref().expect("there is a release");
    (release.kind, release.phase, release.group)
}

#[test]
fn a_rollback_by_the_hub_waits_for_the_hubs_word() {
    let (status, v1) = finished([2, 2]);
    let half = |status: Status, at: &str| {
        let mut seen = seen(status, at, [2, 2]);
        for pod in seen.pods.iter_mut().filter(|pod| pod.name.ends_with('0')) {
            pod.revision.clone_from(&v1);
        }
        seen
    };
    let update = plan(&deployment("v2", 2, 0, [2, 2]), &seen(status, &v1, [2, 2]), NOW);
    let v2 = update.status.updated_revision.clone();
    // All pods had got to v2 but were not yet counted, when the hub takes it back.
    let back = plan(&deployment("v1", 3, 0, [2, 2]), &seen(update.status, &v2, [2, 2]), NOW);
    assert_eq!(release(&back), (Kind::Cancel, Phase::Releasing, 0));
    let done = plan(&deployment("v1", 3, 0, [2, 2]), &half(back.status.clone(), &v2), NOW);
    assert_eq!(release(&done), (Kind::Cancel, Phase::WaitingForConfirm, 0), "the hub opened group 0 only");
    let opened = plan(&deployment("v1", 3, 1, [2, 2]), &half(back.status, &v2), NOW);
    assert_eq!(release(&opened), (Kind::Cancel, Phase::Releasing, 1));
}

#[test]
fn a_new_number_for_the_same_revision_counts_its_groups_from_the_first() {
    let (status, v1) = finished([3, 3]);
    let begun = plan(&deployment("v2", 2, 1, [3, 3]), &seen(status, &v1, [3, 3]), NOW);
    let v2 = begun.status.updated_revision.clone();
    let mut half = seen(begun.status, &v1, [3, 3]);
    for pod in half.pods.iter_mut().filter(|pod| pod.name.ends_with('0')) {
        pod.revision.clone_from(&v2);
    }
    let second = plan(&deployment("v2", 2, 1, [3, 3]), &half, NOW);
    assert_eq!(release(&second), (Kind::Update, Phase::Releasing, 1));
    half.status = second.status;
    let again = plan(&deployment("v2", 4, 0, [3, 3]), &half, NOW);
    assert_eq!(release(&again), (Kind::Update, Phase::Releasing, 0));
    let targets: Vec<u32> = again.sets.iter().map(|set| set.updated_target).collect();
    assert_eq!(targets, [2, 2], "one more pod in each cell, as group 0 of release 4 says");
}

#[test]
fn a_new_number_is_finished_by_what_runs_now_and_not_by_what_once_ran() {
    let (status, v1) = finished([2, 2]);
    let mut hurt = seen(status, &v1, [2, 2]);
    hurt.pods[0].ready_since = None;
    let next = plan(&deployment("v1", 2, 0, [2, 2]), &hurt, NOW);
    assert_eq!(next.status.release_seq, 2);
    assert_ne!(release(&next).1, Phase::Succeeded, "a pod is not available");
    hurt.status = next.status;
    hurt.pods[0].ready_since = Some(Timestamp::from_seconds(20));
    assert_eq!(release(&plan(&deployment("v1", 2, 0, [2, 2]), &hurt, NOW)).1, Phase::Succeeded);
}

#[test]
fn an_update_does_not_touch_pods_that_only_stay_until_others_can_do_without_them() {
    let (status, v1) = finished([2, 2]);
    // Cell A shrinks to 1 and B grows to 6 together with an update: A keeps both pods until B has more.
    let next = plan(&deployment("v2", 2, 0, [1, 6]), &seen(status, &v1, [2, 2]), NOW);
    let a = next.sets.iter().find(|set| set.cell == "A").expect("the cell has a set");
    assert_eq!((a.replicas, a.updated_target), (2, 1), "group 0 has one pod of A");
}

#[test]
fn a_change_of_shares_while_paused_is_taken_up_once_when_it_goes_on() {
    let (status, v1) = finished([2, 2]);
    let begun = plan(&deployment("v2", 2, 0, [2, 2]), &seen(status, &v1, [2, 2]), NOW);
    let groups = |status: &Status| status.release.as_ref().map(|release| release.groups.clone());
    let mut paused = deployment("v2", 2, 0, [3, 4]);
    paused.pause = true;
    let mut status = begun.status;
    let before = groups(&status);
    for _ in 0..3 {
        status = plan(&paused, &seen(status, &v1, [2, 2]), NOW).status;
        assert_eq!(groups(&status), before, "nothing is cut while paused");
    }
    paused.pause = false;
    let next = plan(&paused, &seen(status, &v1, [2, 2]), NOW).status;
    let total: u32 = groups(&next).iter().flatten().flat_map(|group| group.values()).sum();
    assert_eq!(total, 7);
}

#[test]
fn a_lost_pod_comes_back_on_the_new_revision_before_another_is_taken() {
    use member_agent_core::in_place_set::{Act, Set, plan};
    let set = Set {
        name: "shop-a".into(),
        uid: "u".into(),
        replicas: 3,
        updated_target: 1,
        identity: member_agent_core::template::Identity { revision: "v2".into(), ..Default::default() },
        current_revision: "v1".into(),
        templates: [("v1".to_owned(), template("v1")), ("v2".to_owned(), template("v2"))].into(),
        ..Set::default()
    };
    let pods = [pod("A", 0, "v1", true), pod("A", 1, "v1", true)];
    let acts = plan(&set, &pods, NOW).acts;
    assert!(matches!(acts.as_slice(), [Act::Create { revision, .. }] if revision == "v2"), "{acts:?}");
}
