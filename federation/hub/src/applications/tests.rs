//! The decision over an application, played through without a server.

use std::collections::BTreeMap;
use std::sync::Arc;

use crds::apps::{CellStatus, UpgradeType};
use crds::federation::{
    Confirmation, ConfirmationSpec, ConfirmationTarget, FederatedDeployment, Work, WorkStatus,
    WorkloadSummary,
};
use k8s_openapi::jiff::Timestamp;
use model::ClusterName;
use serde_json::json;

use super::{Along, Decision, Input, Missing, decide};
use crate::conditions;
use crate::observe::{DependencyKey, FleetFacts, ObjectKey, Rules, fleet_of_tests};

/// 10 replicas over both cells of rz00, beta and batches of 2, with confirmations: groups of 1, 2 and 2 in each cluster.
pub(super) fn shop() -> FederatedDeployment {
    let mut app: FederatedDeployment = serde_json::from_value(json!({
        "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "FederatedDeployment",
        "metadata": {"name": "shop", "namespace": "default", "uid": "u1", "generation": 1},
        "spec": {
            "replicas": 10,
            "placement": {"units": ["rz00"]},
            "template": {"spec": {
                "selector": {"matchLabels": {"app": "shop"}},
                "strategy": {"upgradeType": "Beta", "batchSize": 2, "needWaitingForConfirm": true},
                "template": {
                    "metadata": {"labels": {"app": "shop"}},
                    "spec": {"containers": [{"name": "shop", "image": "registry.example/shop:v1"}]}}
            }}
        }
    }))
    .expect("a valid application");
    app.spec.template.spec.strategy.upgrade_type = UpgradeType::Beta;
    app
}

/// A hub without a server: decisions are carried out on maps, agents are played by hand.
struct Play {
    app: FederatedDeployment,
    works: BTreeMap<ClusterName, Arc<Work>>,
    words: Vec<Arc<Confirmation>>,
    fleet: FleetFacts,
    along: Along,
    second: i64,
}

impl Play {
    fn new() -> Self {
        Self {
            app: shop(),
            works: BTreeMap::new(),
            words: Vec::new(),
            fleet: fleet_of_tests(true),
            along: Along::default(),
            second: 1_800_000_000,
        }
    }

    fn decide(&self, along: Result<&Along, &Missing>) -> Decision {
        let decided = decide(&Input {
            app: &self.app,
            works: &self.works,
            confirmations: &self.words,
            fleet: &self.fleet,
            rules: &Rules::None,
            along,
            object: &|_| Some(None),
            now: Timestamp::from_second(self.second).expect("a small number"),
        });
        decided.expect("all templates are known")
    }

    /// One pass, carried out.
    fn pass(&mut self) -> Decision {
        self.second += 1;
        let decision = self.decide(Ok(&self.along));
        for (cluster, spec) in &decision.works.apply {
            let mut work =
                self.works.get(cluster).map_or_else(|| Work::new("w", Default::default()), |w| (**w).clone());
            work.spec = spec.clone();
            work.metadata.generation = Some(work.metadata.generation.unwrap_or(0) + 1);
            self.works.insert(cluster.clone(), Arc::new(work));
        }
        for cluster in decision.works.delete.keys() {
            self.works.remove(cluster);
        }
        self.app.status = Some(decision.status.clone());
        for (word, status) in &decision.words {
            let found = self.words.iter_mut().find(|held| held.metadata.name == word.metadata.name);
            let mut settled = (**word).clone();
            settled.status = Some(status.clone());
            *found.expect("one of ours") = Arc::new(settled);
        }
        decision
    }

    /// The agent of a cluster: it has applied its Work, and is in a group of it.
    fn agent(&mut self, cluster: &str, (group, last_group): (i32, i32), is_done: bool, moved: i32) {
        let name = ClusterName::new(cluster).expect("a name");
        let mut work = (*self.works[&name]).clone();
        let desired = work.spec.difference.cells.clone();
        let cells = desired.iter().map(|(cell, share)| CellStatus {
            name: cell.clone(),
            desired: *share,
            replicas: *share,
            updated: moved.min(*share),
            ready: *share,
            available: *share,
            reason: String::new(),
        });
        let mut status = WorkStatus {
            observed_generation: work.metadata.generation.unwrap_or(0),
            workload: Some(WorkloadSummary {
                current: true,
                release_seq: work.spec.release_seq,
                group,
                last_group,
                group_done: is_done,
                cells: cells.collect(),
                ..WorkloadSummary::default()
            }),
            ..WorkStatus::default()
        };
        conditions::set(&mut status.conditions, ("Applied", "True", "Applied"), "", 1, Timestamp::UNIX_EPOCH);
        work.status = Some(status);
        self.works.insert(name, Arc::new(work));
    }

    fn agents(&mut self, groups: (i32, i32), is_done: bool, moved: i32) {
        self.agent("hz-a", groups, is_done, moved);
        self.agent("hz-b", groups, is_done, moved);
    }

    fn confirm(&mut self, release_seq: i64, group: i32) {
        let name = format!("word-{}", self.words.len());
        let target = ConfirmationTarget { name: "shop".into(), ..Default::default() };
        let spec = ConfirmationSpec { target, release_seq, group, ..Default::default() };
        self.words.push(Arc::new(Confirmation::new(&name, spec)));
    }

    fn image(&mut self, image: &str) {
        self.app.spec.template.spec.template.0["spec"]["containers"][0]["image"] = image.into();
        self.app.metadata.generation = self.app.metadata.generation.map(|generation| generation + 1);
    }

    /// Phase and open group as the status shows them.
    fn release(&self) -> (String, i32) {
        let release = self.app.status.as_ref().and_then(|s| s.release.clone()).expect("a release");
        (release.phase, release.group)
    }

    fn open_groups(&self) -> Vec<i32> {
        self.works.values().map(|work| work.spec.open_group).collect()
    }

    fn condition(&self, about: &str) -> (String, String, String) {
        let status = self.app.status.as_ref().expect("a status");
        let held = conditions::find(&status.conditions, about).expect("the condition");
        (held.status.clone(), held.reason.clone(), held.message.clone())
    }

    /// The first rollout, done.
    fn rolled_out() -> Self {
        let mut play = Self::new();
        play.pass();
        play.agents((2, 2), true, 5);
        play.pass();
        assert_eq!(play.release(), ("Succeeded".to_owned(), 2));
        play
    }
}

fn at(phase: &str, group: i32) -> (String, i32) {
    (phase.to_owned(), group)
}

#[test]
fn the_first_rollout_opens_all_groups_and_divides_evenly() {
    let mut play = Play::new();
    let decision = play.pass();
    assert!(!decision.stores_first, "nothing can be forgotten: release 1 begins again as release 1");
    let shares: Vec<_> = play.works.values().map(|work| work.spec.difference.cells.clone()).collect();
    assert_eq!(shares, [[("RZ00A".to_owned(), 5)].into(), [("RZ00B".to_owned(), 5)].into()]);
    assert_eq!(play.open_groups(), [i32::MAX, i32::MAX]);
    assert_eq!(play.release(), at("Pending", 0));
    play.agents((2, 2), true, 5);
    play.pass();
    let status = play.app.status.clone().expect("a status");
    assert_eq!((status.release_seq, status.clusters_ready.as_str()), (1, "2/2"));
    assert_eq!(status.current_revision, status.updated_revision);
    assert_eq!(play.condition("Available").0, "True");
    assert_eq!(play.pass().works, Default::default(), "nothing is left to do");
}

#[test]
fn a_new_image_waits_for_a_word_between_groups_in_step_over_clusters() {
    let mut play = Play::rolled_out();
    play.image("registry.example/shop:v2");
    assert!(play.pass().stores_first);
    assert_eq!((play.release(), play.open_groups()), (at("Pending", 0), vec![0, 0]));
    play.agent("hz-a", (0, 2), true, 1);
    play.pass();
    let waiting = play.app.status.clone().and_then(|s| s.release).expect("a release").waiting_for;
    assert!(waiting.contains("waiting for hz-b"), "{waiting}");
    play.agent("hz-b", (0, 2), true, 1);
    play.pass();
    assert_eq!(play.release(), at("WaitingForConfirm", 0));
    play.confirm(1, 0);
    play.pass();
    assert_eq!(play.release(), at("WaitingForConfirm", 0), "a word for another release opens nothing");
    play.confirm(2, 0);
    let decision = play.pass();
    assert!(decision.stores_first && decision.notes.iter().any(|note| note.reason == "GroupOpened"));
    assert_eq!((play.release(), play.open_groups()), (at("Releasing", 1), vec![1, 1]));
    let said: Vec<_> = play.words.iter().filter_map(|w| w.status.clone()).map(|s| s.by).collect();
    assert_eq!(said, ["void: release 1 is over, the release is 2", "release 2: group 1 opened"]);
    // Numbers of before the Work's change must not open the next group.
    play.pass();
    assert_eq!(play.release(), at("Releasing", 1));
    play.agents((1, 2), true, 3);
    play.confirm(2, 1);
    play.pass();
    play.agents((2, 2), true, 5);
    assert!(play.pass().notes.iter().any(|note| note.reason == "ReleaseSucceeded"));
    assert_eq!(play.release(), at("Succeeded", 2));
    let revisions = play.app.status.clone().expect("a status").revisions;
    assert_eq!(revisions.iter().map(|r| r.release_seq).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn going_back_in_the_middle_asks_nobody_and_has_a_number_of_its_own() {
    let mut play = Play::rolled_out();
    let before = play.app.status.clone().expect("a status").updated_revision;
    play.image("registry.example/shop:bad");
    play.pass();
    play.agents((0, 2), false, 0);
    play.pass();
    play.image("registry.example/shop:v1");
    play.pass();
    let status = play.app.status.clone().expect("a status");
    assert_eq!((status.release_seq, &status.updated_revision), (3, &before));
    assert_eq!(status.release.expect("a release").cause, "GoingBack");
    play.agents((0, 1), true, 5);
    play.pass();
    assert_eq!(play.open_groups(), [1, 1], "the next group opens without a word");
    play.agents((1, 1), true, 5);
    play.pass();
    assert_eq!(play.release().0, "Succeeded");
    assert_eq!(play.app.status.expect("a status").revisions.len(), 2);
}

#[test]
fn scaling_is_a_release_that_asks_nobody_unless_told_to() {
    let mut play = Play::rolled_out();
    play.app.spec.replicas = 12;
    play.pass();
    assert_eq!(play.open_groups(), [i32::MAX, i32::MAX]);
    let status = play.app.status.clone().expect("a status");
    assert_eq!((status.release_seq, status.release.expect("a release").cause.as_str()), (2, "Scaling"));
    let mut asking = Play::rolled_out();
    asking.app.spec.template.spec.strategy.confirm_scaling = true;
    asking.app.spec.replicas = 12;
    asking.pass();
    assert_eq!(asking.open_groups(), [0, 0]);
}

#[test]
fn a_pause_opens_no_group_and_reaches_the_works() {
    let mut play = Play::rolled_out();
    play.image("registry.example/shop:v2");
    play.pass();
    play.app.spec.rollout.paused = true;
    play.pass();
    play.agents((0, 2), true, 1);
    play.confirm(2, 0);
    play.pass();
    assert_eq!(play.release(), at("Paused", 0));
    assert!(play.works.values().all(|work| work.spec.paused && work.spec.open_group == 0));
    assert_eq!(play.condition("Paused").0, "True");
    play.app.spec.rollout.paused = false;
    play.pass();
    play.agents((0, 2), true, 1);
    play.pass();
    assert_eq!(play.release(), at("Releasing", 1));
}

#[test]
fn a_cluster_that_is_not_heard_is_left_out_named_and_keeps_its_work() {
    let mut play = Play::rolled_out();
    play.fleet = fleet_of_tests(false);
    play.image("registry.example/shop:v2");
    play.pass();
    assert_eq!(play.works.len(), 2, "what runs there stays");
    for (group, moved) in [(0, 1), (1, 3), (2, 5)] {
        play.agent("hz-a", (group, 2), true, moved);
        play.confirm(2, group);
        play.pass();
    }
    assert_eq!(play.release().0, "CatchingUp");
    let status = play.app.status.clone().expect("a status");
    let silent = &status.clusters[1];
    assert_eq!((silent.name.as_str(), silent.applied.as_str()), ("hz-b", "Unknown"));
    assert!(silent.message.contains("not heard since 2026-01-01"), "{}", silent.message);
    assert_eq!(status.clusters_ready, "1/2");
}

#[test]
fn a_cluster_is_left_only_when_the_others_hold_everything() {
    let mut play = Play::rolled_out();
    play.app.spec.placement.clusters = serde_json::from_value(json!({"matchLabels": {"site": "a"}})).ok();
    let hz_a = ClusterName::new("hz-a").expect("a name");
    if let Some(view) = play.fleet.fleet.clusters.get_mut(&hz_a) {
        view.labels.insert("site".into(), "a".into());
    }
    play.pass();
    assert_eq!(play.works.len(), 2, "hz-a has not shown that it holds all ten");
    play.agent("hz-a", (2, 2), true, 10);
    play.pass();
    assert_eq!(play.works.len(), 1);
    play.app.spec.placement.clusters = serde_json::from_value(json!({"matchLabels": {"site": "none"}})).ok();
    play.pass();
    assert_eq!(play.works.len(), 1, "an empty target is never healthy");
    assert_eq!(play.condition("Scheduled").0, "False");
}

#[test]
fn something_missing_sends_nothing_and_is_named() {
    let mut play = Play::rolled_out();
    play.image("registry.example/shop:v2");
    let key = DependencyKey { kind: Default::default(), object: ObjectKey::new("default", "settings") };
    let missing = Missing { kind: key.kind, object: key.object, why: "there is none".into() };
    let decision = play.decide(Err(&missing));
    assert!(decision.works.apply.is_empty() && decision.templates.is_empty());
    play.app.status = Some(decision.status);
    let (status, reason, message) = play.condition("Applied");
    assert_eq!((status.as_str(), reason.as_str()), ("False", "MissingDependency"));
    assert!(message.contains("ConfigMap default/settings"), "{message}");
}

#[test]
fn no_progress_is_said_after_the_deadline_and_waiting_for_people_is_not_counted() {
    let mut play = Play::rolled_out();
    play.image("registry.example/shop:v2");
    play.pass();
    play.agents((0, 2), true, 1);
    play.pass();
    play.second += 100_000;
    play.pass();
    assert_eq!(play.release(), at("WaitingForConfirm", 0));
    assert_eq!(play.condition("Progressing").0, "True");
    play.confirm(2, 0);
    let decision = play.pass();
    assert!(decision.look_again.is_some());
    play.second += 700;
    play.pass();
    let (status, reason, _) = play.condition("Progressing");
    assert_eq!((status.as_str(), reason.as_str()), ("False", "ProgressDeadlineExceeded"));
    assert_eq!(play.release().0, "Failed");
    play.agents((1, 2), false, 2);
    play.pass();
    assert_eq!(play.release().0, "Releasing", "a pod moved");
}

#[test]
fn an_idle_application_is_written_once() {
    let mut play = Play::rolled_out();
    let before = play.app.status.clone();
    play.second += 5000;
    play.pass();
    assert_eq!(play.app.status, before);
}

#[test]
fn a_member_that_scales_itself_gets_no_number() {
    let mut play = Play::new();
    play.app.spec.replicas_owner = crds::federation::ReplicasOwner::Member;
    play.pass();
    assert!(play.works.values().all(|work| work.spec.difference.replicas.is_none()));
}

#[test]
fn numbers_of_releases_never_come_back_when_a_status_is_lost() {
    let mut play = Play::rolled_out();
    play.image("registry.example/shop:v2");
    play.pass();
    play.app.status = None;
    play.image("registry.example/shop:v3");
    play.pass();
    assert_eq!(play.app.status.expect("a status").release_seq, 3);
}
