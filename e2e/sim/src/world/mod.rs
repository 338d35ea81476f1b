//! The world of one run: a virtual clock, a queue of events, the hub, the members, and everything that goes wrong.
//!
//! Only this module knows time and chance. Each step takes the earliest event, lets one process do one thing, and
//! hands what happened to the invariants.

mod agent_writes;
mod end;
mod faults;
mod hub_writes;
mod network;
mod people;
mod setting;
mod site;

use std::collections::BTreeMap;

use model::{ClusterName, Timestamp};
pub(crate) use network::{Down, Up};
use site::Site;

use crate::agent::Loop;
use crate::chance::Chance;
use crate::hub::{Replica, Store};
use crate::invariants::{Fact, Violation, check};
use crate::mutant::Mutant;
use crate::scenario::Scenario;

/// When faults end, in milliseconds.
pub(crate) const CALM_AT: u64 = 60_000;
/// When a run is over at the latest.
const END_AT: u64 = CALM_AT + 180_000;
/// When the hub of [`Scenario::HubLost`] is lost.
const LOST_AT: u64 = 30_000;

/// Something that will happen.
#[derive(Clone, Debug)]
enum Event {
    Hub(usize),
    Agent(ClusterName, Loop),
    Link(ClusterName),
    Heartbeat(ClusterName),
    Kubelet(ClusterName),
    ToHub(ClusterName, Box<Up>),
    ToAgent(ClusterName, u64, Box<Down>),
    Fault,
    People,
    Look,
}

/// The world.
pub(crate) struct World {
    now: u64,
    queue: BTreeMap<(u64, u64), Event>,
    next: u64,
    chance: Chance,
    scenario: Scenario,
    mutant: Option<Mutant>,
    /// The write after which its process is killed.
    kill_after: Option<u64>,
    writes: u64,
    store: Store,
    replicas: Vec<Replica>,
    sites: BTreeMap<ClusterName, Site>,
    hub_lost_since: Option<u64>,
    clean_since: Option<(u64, u64)>,
    is_over: bool,
    fixes_bad_image: bool,
    script: u32,
    /// Units that each spec asked for, the newest last.
    wishes: Vec<Vec<model::UnitName>>,
    trace: Vec<String>,
    violation: Option<Violation>,
}

impl World {
    /// Runs to the end, or to the first violation.
    pub(crate) fn run(mut self) -> Self {
        while let Some(((at, _), event)) = self.queue.pop_first() {
            if at > END_AT || self.is_over || self.violation.is_some() {
                break;
            }
            self.now = at;
            self.step(event);
        }
        if self.violation.is_none() && !self.is_over {
            self.end();
        }
        self
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Hub(place) => {
                self.hub(place);
                let wait = self.chance.between(30, 200);
                self.after(wait, Event::Hub(place));
            }
            Event::Agent(cluster, of) => {
                let wait = match self.agent(&cluster, of) {
                    true => self.chance.between(5, 60),
                    false => self.chance.between(80, 250),
                };
                self.after(wait, Event::Agent(cluster, of));
            }
            Event::Link(cluster) => {
                self.connect(&cluster);
                let wait = self.chance.between(3_000, 7_000);
                self.after(wait, Event::Link(cluster));
            }
            Event::Heartbeat(cluster) => {
                self.heartbeat(&cluster);
                self.after(3_000, Event::Heartbeat(cluster));
            }
            Event::Kubelet(cluster) => {
                let site = self.sites.get_mut(&cluster).expect("sites never go");
                site.kubelet(self.now, &mut self.chance);
                let wait = self.chance.between(100, 500);
                self.after(wait, Event::Kubelet(cluster));
            }
            Event::ToHub(cluster, message) => self.hub_receives(&cluster, *message),
            Event::ToAgent(cluster, session, message) => self.agent_receives(&cluster, session, *message),
            Event::Fault => self.fault(),
            Event::People => self.people(),
            Event::Look => self.look(),
        }
    }

    fn at(&mut self, at: u64, event: Event) {
        self.next += 1;
        self.queue.insert((at, self.next), event);
    }

    fn after(&mut self, wait: u64, event: Event) {
        self.at(self.now + wait, event);
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.now).unwrap_or(i64::MAX))
    }

    fn has_faults(&self) -> bool {
        self.scenario.has_faults() && self.now < CALM_AT
    }

    fn say(&mut self, line: impl FnOnce() -> String) {
        self.trace.push(format!("{:>6} {}", self.now, line()));
    }

    /// Hands a fact to the invariants.
    fn judge(&mut self, fact: &Fact) {
        if self.violation.is_none()
            && let Some(violation) = check(fact)
        {
            self.say(|| format!("VIOLATION {}: {}", violation.invariant, violation.message));
            self.violation = Some(violation);
        }
    }

    /// What is there in the end, without numbers that a crash may change.
    pub(crate) fn digest(&self) -> String {
        let mut lines =
            vec![format!("{} replicas of {}", self.store.app.spec.replicas, self.store.app.spec.image)];
        for (cluster, work) in &self.store.works {
            let contents: Vec<&str> = work.spec.contents.iter().map(|object| object.name.as_str()).collect();
            lines.push(format!(
                "work {cluster} {:?} {} {:?}",
                work.spec.cells,
                contents.join("+"),
                work.spec.template
            ));
        }
        for (cluster, site) in &self.sites {
            let mut pods: BTreeMap<String, u32> = BTreeMap::new();
            for pod in site.member.pods.values().filter(|pod| pod.is_alive()) {
                *pods.entry(format!("{} {} {}", pod.cell, pod.running, pod.revision)).or_default() += 1;
            }
            let configs: Vec<&String> = site.member.configs.keys().collect();
            lines.push(format!("member {cluster} {pods:?} {configs:?}"));
        }
        lines.join("\n")
    }

    /// Every line of what happened.
    pub(crate) fn into_parts(self) -> (Vec<String>, Option<Violation>, u64) {
        (self.trace, self.violation, self.writes)
    }

    /// Adds a violation from outside of the run.
    pub(crate) fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }
}
