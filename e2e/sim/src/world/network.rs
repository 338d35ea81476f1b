//! Messages between agents and the hub: lost, late, twice, out of order, cut off, and out of servers that are behind.

use model::ClusterName;

use super::{Event, World};
use crate::hub::{Work, WorkStatus};
use std::sync::Arc;

/// From an agent to the hub.
#[derive(Clone, Debug)]
pub(crate) enum Up {
    Heartbeat,
    /// Asks for the list and for all that follows.
    Connect {
        session: u64,
    },
    Status {
        uid: u64,
        status: WorkStatus,
    },
    GetTemplate {
        session: u64,
        digest: String,
    },
}

/// From the hub to an agent.
#[derive(Clone, Debug)]
pub(crate) enum Down {
    /// The whole list: the Work, or none.
    List {
        work: Option<Work>,
        is_suspended: bool,
    },
    Apply(Work),
    Gone {
        uid: u64,
        was_deleting: bool,
    },
    Template(String, Arc<serde_json::Value>),
}

impl World {
    /// When a message arrives: not at all, once, or twice.
    fn arrivals(&mut self, cluster: &ClusterName) -> Vec<u64> {
        let is_cut = self.sites[cluster].cut_until > self.now || self.hub_lost_since.is_some();
        let has_faults = self.has_faults();
        if is_cut || (has_faults && self.chance.percent(8)) {
            return Vec::new();
        }
        let copies = if has_faults && self.chance.percent(5) { 2 } else { 1 };
        let late = has_faults && self.chance.percent(20);
        (0..copies)
            .map(|_| if late { self.chance.between(50, 4_000) } else { self.chance.between(2, 40) })
            .collect()
    }

    pub(super) fn send_up(&mut self, cluster: &ClusterName, message: Up) {
        for wait in self.arrivals(cluster) {
            self.after(wait, Event::ToHub(cluster.clone(), Box::new(message.clone())));
        }
    }

    pub(super) fn send_down(&mut self, cluster: &ClusterName, session: u64, message: Down) {
        for wait in self.arrivals(cluster) {
            self.after(wait, Event::ToAgent(cluster.clone(), session, Box::new(message.clone())));
        }
    }

    /// Tells the watch of a cluster about its Work.
    pub(super) fn push(&mut self, cluster: &ClusterName, message: Down) {
        if let Some(session) = self.sites[cluster].session {
            self.send_down(cluster, session, message);
        }
    }

    /// The agent opens a new session; what is under way in the old one is lost to it.
    pub(super) fn connect(&mut self, cluster: &ClusterName) {
        let site = self.sites.get_mut(cluster).expect("sites never go");
        if site.agent.down_until > self.now {
            return;
        }
        site.agent.session += 1;
        let session = site.agent.session;
        self.send_up(cluster, Up::Connect { session });
        self.send_status(cluster);
        self.ask_for_template(cluster);
    }

    pub(super) fn heartbeat(&mut self, cluster: &ClusterName) {
        if self.sites[cluster].agent.down_until <= self.now {
            self.send_up(cluster, Up::Heartbeat);
        }
    }

    /// Sends the newest status, unless the hub is known to hold it.
    pub(super) fn send_status(&mut self, cluster: &ClusterName) {
        let agent = &self.sites[cluster].agent;
        if agent.wanted == agent.held {
            return;
        }
        if let Some((uid, status)) = agent.wanted.clone() {
            self.send_up(cluster, Up::Status { uid, status });
        }
    }

    pub(super) fn ask_for_template(&mut self, cluster: &ClusterName) {
        let agent = &self.sites[cluster].agent;
        let wanted = agent.disk.record.as_ref().map(|record| record.work.spec.template.clone());
        if let Some(digest) = wanted.filter(|digest| !agent.disk.templates.contains_key(digest)) {
            let session = agent.session;
            self.send_up(cluster, Up::GetTemplate { session, digest });
        }
    }

    pub(super) fn hub_receives(&mut self, cluster: &ClusterName, message: Up) {
        if self.hub_lost_since.is_some() {
            return;
        }
        match message {
            Up::Heartbeat => {
                let now = self.timestamp();
                let entry = self.store.members.get_mut(cluster).expect("members never go");
                entry.heard = entry.heard.max(Some(now));
            }
            Up::Connect { session } => {
                let is_behind = self.has_faults() && self.chance.percent(25);
                let site = self.sites.get_mut(cluster).expect("sites never go");
                if site.session.is_some_and(|known| known > session) {
                    return;
                }
                site.session = Some(session);
                let work = match is_behind {
                    true => site.behind(self.now, &mut self.chance),
                    false => self.store.works.get(cluster).cloned(),
                };
                let is_suspended = self.store.members[cluster].is_suspended;
                self.send_down(cluster, session, Down::List { work, is_suspended });
            }
            Up::Status { uid, status } => {
                if self.store.take_status(cluster, uid, status) {
                    self.tell(cluster);
                }
            }
            Up::GetTemplate { session, digest } => {
                if let Some(manifest) = self.store.templates.get(&digest).cloned() {
                    self.send_down(cluster, session, Down::Template(digest, manifest));
                }
            }
        }
    }

    /// A Work changed: the run remembers it, and the watch hears of it.
    pub(super) fn tell(&mut self, cluster: &ClusterName) {
        let work = self.store.works.get(cluster).cloned();
        let now = self.now;
        self.sites.get_mut(cluster).expect("sites never go").note(now, work.as_ref());
        if let Some(work) = work {
            self.push(cluster, Down::Apply(work));
        }
    }

    pub(super) fn agent_receives(&mut self, cluster: &ClusterName, session: u64, message: Down) {
        let mutant = self.mutant;
        let (now, site) = (self.now, self.sites.get_mut(cluster).expect("sites never go"));
        let agent = &mut site.agent;
        if agent.session != session || agent.down_until > now {
            return;
        }
        match message {
            Down::List { work, is_suspended } => {
                agent.is_suspended = is_suspended;
                match &work {
                    Some(work) => agent.takes(work, mutant),
                    None => agent.disk.absent(mutant),
                }
            }
            Down::Apply(work) => agent.takes(&work, mutant),
            Down::Gone { uid, was_deleting } => agent.disk.vanished(uid, was_deleting),
            Down::Template(digest, manifest) => {
                agent.disk.templates.insert(digest, manifest);
                agent.disk.version += 1;
            }
        }
        self.ask_for_template(cluster);
        self.send_status(cluster);
    }
}
