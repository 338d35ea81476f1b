//! A small fleet in memory: the plans of this crate, carried out write by write on pods that a made-up kubelet runs.
//! A pass can end after any number of writes, as a crash would end it.

mod properties;
mod stories;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::Timestamp;
use model::groups::UpgradeType;
use serde_json::{Value, json};

use crate::annotation::{IN_PLACE_STATE, REVISION_LABEL};
use crate::cafe_deployment::{
    self as app, Deployment, Edit, Kind, Phase, PodSetType, RecordSeen, RecordWrite, Seen, SetSeen,
};
use crate::in_place_set::{self, Act, PodUpgradePolicy, Set};
use crate::pod::{ContainerView, PodView, Scheduling};
use crate::pod_life::{Record, Step};
use crate::template::Identity;

/// A template with one container.
pub(crate) fn template(image: &str) -> Arc<Value> {
    Arc::new(json!({
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "shop", "image": image}]},
    }))
}

/// An application of `shop:1` over cells A and B.
pub(crate) fn shop(replicas: u32, batch_size: Option<u32>) -> Deployment {
    Deployment {
        name: "shop".into(),
        generation: 1,
        replicas,
        match_labels: BTreeMap::from([("app".to_owned(), "shop".to_owned())]),
        template: template("shop:1"),
        overrides: Vec::new(),
        pod_set_type: PodSetType::InPlaceSet,
        upgrade_type: UpgradeType::Beta,
        batch_size,
        need_confirm: true,
        confirm_scaling: false,
        min_ready_seconds: 0,
        pause: false,
        policy: PodUpgradePolicy::InPlaceIfPossible,
        confirmed: None,
        cells: Some(vec!["A".into(), "B".into()]),
        pins: BTreeMap::new(),
        assigned: BTreeMap::new(),
        reschedule_after_seconds: None,
        history_limit: 20,
        progress_deadline_seconds: 600,
        hub_release_seq: None,
        has_hub_owner: false,
        upgrade_confirmed: None,
        rollback_to: None,
    }
}

#[derive(Clone, Debug)]
struct HeldSet {
    seen: SetSeen,
    updated_target: u32,
    group: i32,
    current_revision: String,
    paused: bool,
}

/// The fleet.
pub(crate) struct Fleet {
    pub deployment: Deployment,
    pub status: app::Status,
    pub pods: Vec<PodView>,
    pub now: Timestamp,
    /// Pods that fit into a cell; no entry: any number.
    pub room: BTreeMap<String, usize>,
    records: Vec<RecordSeen>,
    templates: BTreeMap<String, Arc<Value>>,
    sets: BTreeMap<String, HeldSet>,
    starts: u32,
}

impl Fleet {
    pub(crate) fn new(deployment: Deployment) -> Self {
        Self {
            deployment,
            status: app::Status::default(),
            pods: Vec::new(),
            now: Timestamp::from_seconds(1000),
            room: BTreeMap::new(),
            records: Vec::new(),
            templates: BTreeMap::new(),
            sets: BTreeMap::new(),
            starts: 0,
        }
    }

    pub(crate) fn set_image(&mut self, image: &str) {
        self.deployment.template = template(image);
        self.deployment.generation += 1;
    }

    fn seen(&self) -> Seen {
        Seen {
            status: self.status.clone(),
            sets: self.sets.values().map(|set| set.seen.clone()).collect(),
            pods: self.pods.clone(),
            records: self.records.clone(),
            current_template: self.templates.get(&self.status.current_revision).cloned(),
        }
    }

    /// One pass over the application that ends after `writes` writes; returns how many there were to do.
    pub(crate) fn pass(&mut self, writes: usize) -> usize {
        let plan = app::plan(&self.deployment, &self.seen(), self.now);
        let mut left = writes;
        let mut wanted = 0;
        let mut may = |is_change: bool| {
            wanted += usize::from(is_change);
            let may = is_change && left > 0;
            left -= usize::from(may);
            may
        };
        if let Some(edit) = &plan.edit {
            if may(true) {
                self.edit(edit);
            }
            return wanted;
        }
        for record in &plan.records {
            if may(true) {
                self.record(record);
            }
        }
        if may(plan.status != self.status) {
            self.status = plan.status.clone();
        } else if plan.status != self.status {
            return wanted;
        }
        for write in &plan.sets {
            let current = &plan.status.current_revision;
            let held = HeldSet {
                seen: SetSeen {
                    name: write.name.clone(),
                    set_type: write.set_type,
                    cell: write.cell.clone(),
                    revision: write.revision.clone(),
                    replicas: write.replicas,
                    created: Timestamp::default(),
                },
                updated_target: write.updated_target,
                group: write.group,
                current_revision: if *current == write.revision { String::new() } else { current.clone() },
                paused: plan.paused,
            };
            let before = self.sets.get(&write.name);
            let is_change = before.is_none_or(|before| format!("{before:?}") != format!("{held:?}"));
            if may(is_change) {
                self.sets.insert(write.name.clone(), held);
            }
        }
        if plan.paused {
            for set in self.sets.values_mut().filter(|set| !set.paused) {
                if may(true) {
                    set.paused = true;
                }
            }
        }
        for name in &plan.remove_sets {
            if may(true) {
                self.sets.remove(name);
            }
        }
        wanted
    }

    fn edit(&mut self, edit: &Edit) {
        let deployment = &mut self.deployment;
        match edit {
            Edit::AskByAnnotation => deployment.upgrade_confirmed = Some("false".into()),
            Edit::ForgetAnnotation => deployment.upgrade_confirmed = None,
            Edit::Consume(word) => {
                deployment.confirmed = Some(*word);
                deployment.upgrade_confirmed = None;
            }
            Edit::RollBack { record } => {
                let record = self.records.iter().find(|known| known.name == *record).unwrap();
                deployment.template = Arc::clone(&self.templates[&record.revision]);
                deployment.rollback_to = None;
            }
            Edit::ForgetRollback => deployment.rollback_to = None,
        }
    }

    fn record(&mut self, write: &RecordWrite) {
        match write {
            RecordWrite::Create { revision, number } => {
                self.templates.insert(revision.clone(), Arc::clone(&self.deployment.template));
                let (name, revision) = (format!("shop-{revision}"), revision.clone());
                self.records.push(RecordSeen { name, revision, number: *number });
            }
            RecordWrite::Renumber { name, number } => {
                self.records.iter_mut().find(|record| record.name == *name).unwrap().number = *number;
            }
            RecordWrite::Delete { name } => self.records.retain(|record| record.name != *name),
        }
    }

    /// One pass over every set, of `writes` writes each; returns how many there were to do.
    pub(crate) fn set_passes(&mut self, writes: usize) -> usize {
        let names: Vec<String> = self.sets.keys().cloned().collect();
        names.iter().map(|name| self.set_pass(name, writes)).sum()
    }

    fn set_pass(&mut self, name: &str, writes: usize) -> usize {
        let held = self.sets[name].clone();
        let set = Set {
            name: name.to_owned(),
            uid: name.to_owned(),
            replicas: held.seen.replicas,
            updated_target: held.updated_target,
            identity: Identity {
                application: "shop".into(),
                cell: held.seen.cell.clone(),
                revision: held.seen.revision.clone(),
                group: held.group,
                ..Identity::default()
            },
            current_revision: held.current_revision.clone(),
            paused: held.paused,
            min_ready_seconds: self.deployment.min_ready_seconds,
            policy: self.deployment.policy,
            templates: self.templates.clone(),
            lost: BTreeSet::new(),
        };
        let pods: Vec<PodView> = self.pods.iter().filter(|pod| pod.set == name).cloned().collect();
        let plan = in_place_set::plan(&set, &pods, self.now);
        assert!(plan.missing_templates.is_empty(), "{:?}", plan.missing_templates);
        let acts = plan.acts.len();
        plan.acts.into_iter().take(writes).for_each(|act| self.act(name, act));
        acts
    }

    fn act(&mut self, set: &str, act: Act) {
        match act {
            Act::Create { name, revision, pod } => {
                assert!(self.pods.iter().all(|pod| pod.name != name), "{name} exists");
                self.starts += 1;
                let image = pod["spec"]["containers"][0]["image"].as_str().unwrap().to_owned();
                let container = ContainerView { image, ..ContainerView::default() };
                self.pods.push(PodView {
                    uid: format!("uid-{}", self.starts),
                    name,
                    set: set.to_owned(),
                    revision,
                    created: self.now,
                    deleting: false,
                    ended: false,
                    ready_since: None,
                    gate: None,
                    observed: false,
                    scheduling: Scheduling::Waiting,
                    containers: BTreeMap::from([("shop".to_owned(), container)]),
                    record: None,
                });
            }
            Act::Delete { name, uid, .. } => {
                let pod = self.pods.iter_mut().find(|pod| pod.name == name).unwrap();
                assert_eq!(pod.uid, uid);
                pod.deleting = true;
            }
            Act::Step { name, step } => {
                let pod = self.pods.iter_mut().find(|pod| pod.name == name).unwrap();
                write(pod, step);
            }
        }
    }

    /// The kubelet and the scheduler look at one pod.
    pub(crate) fn tend(&mut self, place: usize) {
        let Some(pod) = self.pods.get(place) else { return };
        if pod.deleting {
            self.pods.remove(place);
            return;
        }
        let cell = self.sets.get(&pod.set).map(|set| set.seen.cell.clone()).unwrap_or_default();
        let in_cell = |other: &&PodView| other.set == pod.set && other.scheduling == Scheduling::Placed;
        let has_room =
            self.room.get(&cell).is_none_or(|room| self.pods.iter().filter(in_cell).count() < *room);
        self.starts += 1;
        let (starts, now) = (self.starts, self.now);
        let pod = &mut self.pods[place];
        match (&pod.scheduling, has_room) {
            (Scheduling::Placed, _) => {}
            (_, true) => pod.scheduling = Scheduling::Placed,
            (Scheduling::Waiting, false) => {
                pod.scheduling = Scheduling::NoRoom { since: now, message: "0/1 nodes are available".into() };
            }
            (Scheduling::NoRoom { .. }, false) => {}
        }
        if pod.scheduling == Scheduling::Placed {
            run(pod, starts, now);
        }
    }

    /// Everybody does what there is to do, until nothing is left.
    pub(crate) fn settle(&mut self) {
        for _ in 0..400 {
            self.now = self.now.plus_millis(500);
            let before = (self.status.clone(), self.pods.clone());
            let writes = self.pass(usize::MAX) + self.set_passes(usize::MAX);
            for place in (0..self.pods.len()).rev() {
                self.tend(place);
            }
            if writes == 0 && before == (self.status.clone(), self.pods.clone()) {
                return;
            }
        }
        panic!("it never settles: {:#?} {:#?}", self.status, self.pods);
    }

    /// A person confirms the group that waits.
    pub(crate) fn confirm(&mut self) {
        let release = self.status.release.as_ref().unwrap();
        let (release_seq, group) = (self.status.release_seq, release.group);
        self.deployment.confirmed = Some(app::Confirmed { release_seq, group });
    }

    /// Confirms whatever waits until nothing does.
    pub(crate) fn finish(&mut self) {
        for _ in 0..50 {
            self.settle();
            match self.status.release.as_ref().map(|release| release.phase) {
                Some(Phase::WaitingForConfirm) => self.confirm(),
                _ => return,
            }
        }
        panic!("more than 50 groups: {:#?}", self.status);
    }

    pub(crate) fn phase(&self) -> Phase {
        self.status.release.as_ref().unwrap().phase
    }

    pub(crate) fn kind(&self) -> Kind {
        self.status.release.as_ref().unwrap().kind
    }

    pub(crate) fn alive(&self) -> impl Iterator<Item = &PodView> {
        self.pods.iter().filter(|pod| pod.is_alive())
    }

    pub(crate) fn with_image(&self, image: &str) -> usize {
        self.alive().filter(|pod| pod.containers["shop"].image == image).count()
    }

    pub(crate) fn available(&self) -> usize {
        self.alive().filter(|pod| pod.is_available(self.deployment.min_ready_seconds, self.now)).count()
    }
}

/// What the API server makes of a step.
fn write(pod: &mut PodView, step: Step) {
    match step {
        Step::Serve | Step::Wait(_) => {}
        Step::OpenGate => pod.gate = Some(true),
        Step::CloseGate { .. } => pod.gate = Some(false),
        Step::Note(record) => pod.record = Some(record),
        Step::Upgrade(upgrade) => {
            for (name, image) in &upgrade.images {
                pod.containers.get_mut(name).unwrap().image = image.clone();
                pod.observed = false;
            }
            if let Some(Some(revision)) = upgrade.labels.get(REVISION_LABEL) {
                pod.revision = revision.clone();
            }
            if let Some(text) = upgrade.annotations.get(IN_PLACE_STATE) {
                pod.record = text.as_deref().and_then(Record::parse);
            }
        }
    }
}

/// One look of the kubelet: a container runs the image of its spec, or waits for one that cannot be pulled. Which image
/// an id was started with is in the id.
fn run(pod: &mut PodView, starts: u32, now: Timestamp) {
    let container = pod.containers.get_mut("shop").unwrap();
    let running = container.id.split('#').next().unwrap_or_default().to_owned();
    if container.image.ends_with(":bad") {
        container.ready = false;
        container.waiting = Some(("ImagePullBackOff".into(), "not found".into()));
    } else {
        if running != container.image || container.waiting.is_some() {
            container.id = format!("{}#{starts}", container.image);
        }
        container.ready = true;
        container.waiting = None;
    }
    pod.observed = true;
    let ready = container.ready && pod.gate == Some(true);
    pod.ready_since = match (ready, pod.ready_since) {
        (true, None) => Some(now),
        (true, since) => since,
        (false, _) => None,
    };
}
