//! What goes wrong until faults end: links are cut, processes die, replicas are stuck, pods are lost.

use model::ClusterName;

use super::{Event, LOST_AT, World};
use crate::scenario::Scenario;

impl World {
    pub(super) fn fault(&mut self) {
        if !self.has_faults() {
            self.heal();
            return;
        }
        if self.scenario == Scenario::HubLost && self.now >= LOST_AT && self.hub_lost_since.is_none() {
            self.say(|| "the hub is lost".to_owned());
            self.hub_lost_since = Some(self.now);
        }
        let wait = self.chance.between(300, 2_500);
        self.after(wait, Event::Fault);
        let names: Vec<ClusterName> = self.sites.keys().cloned().collect();
        let Some(cluster) = self.chance.pick(&names).cloned() else { return };
        let place = usize::try_from(self.chance.below(self.replicas.len() as u64)).unwrap_or(0);
        match self.chance.below(100) {
            0..20 => {
                let until = self.now + self.chance.between(500, 22_000);
                self.say(|| format!("{cluster} is cut off until {until}"));
                self.site(&cluster).cut_until = until;
            }
            20..40 => {
                let until = self.now + self.chance.between(200, 4_000);
                self.say(|| format!("hub{place} is killed until {until}"));
                self.replicas[place].crash(until);
            }
            40..60 => {
                let until = self.now + self.chance.between(1_000, 15_000);
                self.say(|| format!("hub{place} sees nothing new until {until}"));
                self.replicas[place].stuck_until = until;
            }
            60..80 => {
                let until = self.now + self.chance.between(200, 4_000);
                self.say(|| format!("agent of {cluster} is killed until {until}"));
                self.site(&cluster).agent.crash(until);
            }
            80..97 => self.lose_pod(&cluster),
            _ if self.scenario != Scenario::HubLost => {
                let entry = self.store.members.get_mut(&cluster).expect("members never go");
                entry.is_suspended = !entry.is_suspended;
                self.store.bump();
            }
            _ => {}
        }
    }

    fn site(&mut self, cluster: &ClusterName) -> &mut super::Site {
        self.sites.get_mut(cluster).expect("sites never go")
    }

    /// A pod is evicted, or its node dies.
    fn lose_pod(&mut self, cluster: &ClusterName) {
        let names: Vec<String> = self.sites[cluster].member.pods.keys().cloned().collect();
        let Some(name) = self.chance.pick(&names).cloned() else { return };
        let is_gone = self.chance.percent(50);
        self.say(|| format!("{cluster} loses pod {name}"));
        let now = self.timestamp();
        let member = &mut self.site(cluster).member;
        member.losses.extend(member.pods.get(&name).map(|pod| (pod.cell.clone(), now)));
        let version = member.bump();
        if is_gone {
            member.remove_pod(&name);
        } else if let Some(pod) = member.pods.get_mut(&name) {
            (pod.has_ended, pod.ready_since, pod.is_started, pod.version) = (true, None, false, version);
        }
    }

    /// Faults end.
    fn heal(&mut self) {
        self.say(|| "faults end".to_owned());
        for replica in &mut self.replicas {
            (replica.stuck_until, replica.down_until) = (0, replica.down_until.min(self.now));
        }
        for site in self.sites.values_mut() {
            (site.cut_until, site.agent.down_until) = (0, site.agent.down_until.min(self.now));
        }
        for entry in self.store.members.values_mut() {
            entry.is_suspended = false;
        }
        self.store.bump();
    }
}
