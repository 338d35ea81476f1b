//! One step of a loop of an agent: one write in its member, bound to what it saw; what that means is judged.

use federation_core::work::ObjectName;
use member_agent_core::cafe_deployment::{Kind, Release, Status};
use member_agent_core::in_place_set::Act;
use member_agent_core::pod_life::Step;
use model::ClusterName;

use super::World;
use super::site::Annal;
use crate::agent::{AgentWrite, Loop, base, finished};
use crate::invariants::Fact;
use crate::member::{Cafe, Config, Pod, SetObject, Taken};

/// Seconds for which a watch may not have shown that a pod was lost.
const LAG_SECONDS: i64 = 12;
/// How long a loop may still be carrying out what was planned before the status that holds now, in milliseconds.
const PASS_MS: u64 = 2_000;

impl World {
    /// One step; whether something was written.
    pub(super) fn agent(&mut self, cluster: &ClusterName, of: Loop) -> bool {
        let is_behind = self.has_faults() && self.chance.percent(30);
        let (now, mutant) = (self.now, self.mutant);
        let site = self.sites.get_mut(cluster).expect("sites never go");
        if site.agent.down_until > now {
            return false;
        }
        let is_known = site.agent.cache.as_ref().is_some_and(|cache| cache.version == site.member.version);
        if !is_known && (site.agent.cache.is_none() || !is_behind) {
            site.agent.cache = Some(site.member.clone());
        }
        let Some(write) = site.agent.next_write(of, now, mutant) else { return false };
        if self.agent_write(cluster, write).is_err() {
            self.sites.get_mut(cluster).expect("sites never go").agent.give_up(of);
        }
        self.count_write(|world| {
            let site = world.sites.get_mut(cluster).expect("sites never go");
            site.agent.crash(now + 3_000);
        });
        true
    }

    fn agent_write(&mut self, cluster: &ClusterName, write: AgentWrite) -> Result<(), Taken> {
        if !matches!(write, AgentWrite::Status { .. } | AgentWrite::Report { .. } | AgentWrite::ApplyCafe(_))
        {
            self.say(|| format!("{cluster} {write:?}").chars().take(160).collect());
        }
        let pod = match &write {
            AgentWrite::Pod { act, .. } => match act.as_ref() {
                Act::Create { name, .. } | Act::Delete { name, .. } | Act::Step { name, .. } => {
                    Some(name.clone())
                }
            },
            _ => None,
        };
        let site = self.sites.get_mut(cluster).expect("sites never go");
        let member = &mut site.member;
        match write {
            AgentWrite::ApplyConfig { name, work_uid } => {
                member.configs.insert(name, Config { work_uid });
                member.bump();
            }
            AgentWrite::ApplyCafe(cafe) => self.apply_cafe(cluster, *cafe),
            AgentWrite::Delete { object, work_uid } => self.delete(cluster, &object, work_uid)?,
            AgentWrite::Finish { work_uid } => {
                let disk = &mut site.agent.disk;
                if let Some(record) = disk.record.as_mut().filter(|record| record.work.uid == work_uid) {
                    record.is_finished = true;
                    disk.carried_out.insert(work_uid);
                    disk.version += 1;
                }
            }
            AgentWrite::Report { work_uid, status } => {
                site.agent.wanted = Some((work_uid, *status));
                self.send_status(cluster);
            }
            AgentWrite::KeepRevision { name, record } => {
                member.records.entry(name).or_insert(record);
                member.bump();
            }
            AgentWrite::Renumber { name, number } => {
                member.records.get_mut(&name).ok_or(Taken)?.number = number;
                member.bump();
            }
            AgentWrite::DropRevision { name } => {
                member.records.remove(&name);
                member.bump();
            }
            AgentWrite::Status { seen, status } => self.write_status(cluster, seen, *status)?,
            AgentWrite::Set { name, set } => self.write_set(cluster, name, *set),
            AgentWrite::RemoveSet { name, version } => {
                let is_it = member.sets.get(&name).is_some_and(|set| set.version == version);
                if !is_it {
                    return Err(Taken);
                }
                member.sets.remove(&name);
                member.bump();
            }
            AgentWrite::Pod { set, seen, act } => self.write_pod(cluster, &set, seen, *act)?,
        }
        self.note_in_cache(cluster, pod);
        Ok(())
    }

    /// The agent sees its own writes at once.
    fn note_in_cache(&mut self, cluster: &ClusterName, pods: Option<String>) {
        let site = self.sites.get_mut(cluster).expect("sites never go");
        if let Some(cache) = &mut site.agent.cache {
            cache.cafe.clone_from(&site.member.cafe);
            cache.sets.clone_from(&site.member.sets);
            cache.records.clone_from(&site.member.records);
            cache.configs.clone_from(&site.member.configs);
            if let Some(name) = pods {
                match site.member.pods.get(&name) {
                    Some(pod) => cache.pods.insert(name, pod.clone()),
                    None => cache.pods.remove(&name),
                };
            }
        }
    }

    fn apply_cafe(&mut self, cluster: &ClusterName, mut cafe: Cafe) {
        let site = self.sites.get_mut(cluster).expect("sites never go");
        // A Work whose deletion was carried out instructs nobody any more.
        let is_over = site.agent.disk.carried_out.contains(&cafe.work_uid);
        let is_instructed = !is_over
            && site.annals.iter().any(|annal| {
                annal.uid == cafe.work_uid
                    && annal.generation == cafe.work_generation
                    && annal.spec.open_group == cafe.open_group
                    && i64::try_from(annal.spec.seq) == Ok(cafe.seq)
            });
        let held = site.member.cafe.take();
        let before = held.as_ref().map(|held| held.seq);
        let version = site.member.bump();
        cafe.version = version;
        match held {
            Some(held) => {
                (cafe.uid, cafe.generation) = (held.uid, held.generation + 1);
                (cafe.status, cafe.is_deleting) = (held.status, held.is_deleting);
            }
            None => (cafe.uid, cafe.generation) = (version, 1),
        }
        let (after, group) = (cafe.seq, cafe.open_group);
        let cells = cafe.cells.clone();
        site.member.cafe = Some(cafe);
        self.say(|| format!("{cluster} applies release {after} group {group} {cells:?}"));
        self.judge(&Fact::Applied { cluster: cluster.to_string(), before, after, is_instructed });
    }

    fn delete(&mut self, cluster: &ClusterName, object: &ObjectName, work_uid: u64) -> Result<(), Taken> {
        let site = self.sites.get_mut(cluster).expect("sites never go");
        let says = |annal: &Annal| {
            let by_deletion = annal.is_deleting
                && annal.spec.policy == federation_core::work::DeletionPolicy::Delete
                && annal.spec.contents.contains(object);
            annal.uid == work_uid && (by_deletion || annal.spec.prune.contains(object))
        };
        let is_instructed = site.annals.iter().any(says);
        let member = &mut site.member;
        let version = member.bump();
        match object.kind.as_str() {
            "ConfigMap" => {
                let held = member.configs.get(&object.name).ok_or(Taken)?;
                if held.work_uid != work_uid {
                    return Err(Taken);
                }
                member.configs.remove(&object.name);
            }
            _ => {
                let cafe = member.cafe.as_mut().filter(|cafe| cafe.work_uid == work_uid).ok_or(Taken)?;
                (cafe.is_deleting, cafe.version) = (true, version);
            }
        }
        let fact = Fact::Removed {
            cluster: cluster.to_string(),
            object: object.to_string(),
            is_instructed,
            hub_lost_since: self.hub_lost_since,
        };
        self.judge(&fact);
        Ok(())
    }

    fn write_status(&mut self, cluster: &ClusterName, seen: u64, status: Status) -> Result<(), Taken> {
        let now = self.timestamp();
        let site = self.sites.get_mut(cluster).expect("sites never go");
        let version = site.member.bump();
        let cafe = site.member.cafe.as_mut().filter(|cafe| cafe.version == seen).ok_or(Taken)?;
        let (base, min_ready) = (base(cafe), crate::agent::min_ready_seconds(cafe));
        let before = cafe.status.clone();
        (cafe.status, cafe.version) = (status.clone(), version);
        site.statuses.push((self.now, before.clone()));
        site.statuses.retain(|(replaced, _)| replaced + PASS_MS > self.now);
        let Some(release) = &status.release else {
            self.say(|| format!("{cluster} status {:?}", status.conditions));
            return Ok(());
        };
        let seq = u64::try_from(status.release_seq).unwrap_or(0);
        let (groups, done, place) = finished(release, base);
        let entry = site.finished.entry(seq).or_insert((groups, 0));
        let is_new = done > entry.1;
        *entry = (groups, entry.1.max(done));
        let was = before.release.as_ref().map(|release| release.phase);
        let mut fact = None;
        if is_new && done > 0 && was.is_some() {
            let needed = |cell: &str| needed(&status, release, done - 1, cell);
            let cells = status.cells.iter().map(|cell| {
                let pods = site.member.pods.values().filter(|pod| pod.cell == cell.name);
                let soaked =
                    pods.filter(|pod| pod.has_soaked(&status.updated_revision, min_ready, now)).count();
                let is_late = |(name, at): &&(String, model::Timestamp)| {
                    *name == cell.name && now.seconds_since(*at) < LAG_SECONDS
                };
                let lost = site.member.losses.iter().filter(is_late).count();
                let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                (cell.name.clone(), needed(&cell.name), count(soaked), count(lost))
            });
            let cells = cells.collect();
            fact = Some(Fact::Finished {
                cluster: cluster.to_string(),
                seq: status.release_seq,
                group: done - 1,
                cells,
            });
        }
        self.say(|| {
            format!(
                "{cluster} status seq {seq} {:?} {:?} place {place} done {done} of {groups}, {} updated {} available",
                release.kind, release.phase, status.updated, status.available
            )
        });
        if let Some(fact) = fact {
            self.judge(&fact);
        }
        Ok(())
    }

    fn write_set(&mut self, cluster: &ClusterName, name: String, mut set: SetObject) {
        let site = self.sites.get_mut(cluster).expect("sites never go");
        let version = site.member.bump();
        let held = site.member.sets.get(&name);
        let before = held.map_or(0, |held| held.replicas);
        set.uid = held.map_or(version, |held| held.uid);
        set.version = version;
        let (after, floor) = (set.replicas, site.floor(&set.cell));
        site.member.sets.insert(name.clone(), set);
        self.judge(&Fact::Resized { cluster: cluster.to_string(), set: name, before, after, floor });
    }

    fn write_pod(&mut self, cluster: &ClusterName, set: &str, seen: u64, act: Act) -> Result<(), Taken> {
        let now = self.timestamp();
        let site = self.sites.get_mut(cluster).expect("sites never go");
        let member = &mut site.member;
        let taken = match act {
            Act::Create { name, revision, pod } => {
                let set = member.sets.get(set).ok_or(Taken)?;
                let image = pod.pointer("/spec/containers/0/image").and_then(|image| image.as_str());
                let pod = fresh(name, set, &revision, image.unwrap_or_default(), now);
                let pod = Pod { set: pod_set(set, member), ..pod };
                let cell = pod.cell.clone();
                member.create_pod(pod)?;
                Some((cell, revision))
            }
            Act::Delete { name, uid, .. } => {
                let cell = member
                    .pods
                    .get(&name)
                    .filter(|pod| pod.ready_since.is_some())
                    .map(|pod| pod.cell.clone());
                member.delete_pod(&name, &uid)?;
                member.losses.extend(cell.map(|cell| (cell, now)));
                None
            }
            Act::Step { name, step } => {
                let pod = member.pods.get(&name).ok_or(Taken)?;
                let (uid, cell) = (pod.uid.clone(), pod.cell.clone());
                match step {
                    Step::OpenGate => member.write_gate(&name, &uid, true)?,
                    Step::CloseGate { .. } => member.write_gate(&name, &uid, false)?,
                    Step::Upgrade(upgrade) => {
                        let label = member_agent_core::annotation::REVISION_LABEL;
                        let revision = upgrade.labels.get(label).cloned().flatten().ok_or(Taken)?;
                        member.upgrade_pod(&name, seen, &revision, &upgrade)?;
                        self.judge_taken(cluster, &cell, &revision, false);
                        return Ok(());
                    }
                    Step::Note(_) | Step::Serve | Step::Wait(_) => {}
                }
                None
            }
        };
        if let Some((cell, revision)) = taken {
            self.judge_taken(cluster, &cell, &revision, true);
        }
        Ok(())
    }

    /// A pod is at a revision now: whether the open groups of an update allow so many. On the way back to what all
    /// pods ran, what is made anew is made on it, whatever is open: that takes nothing.
    fn judge_taken(&mut self, cluster: &ClusterName, cell: &str, revision: &str, is_made: bool) {
        let site = &self.sites[cluster];
        let Some(cafe) = &site.member.cafe else { return };
        let status = &cafe.status;
        let Some(release) = &status.release else { return };
        let is_taken = release.kind == Kind::Update || (release.kind == Kind::Cancel && !is_made);
        let is_update = is_taken && status.updated_revision == revision;
        if !is_update || release.phase == member_agent_core::cafe_deployment::Phase::Succeeded {
            return;
        }
        let seq = u64::try_from(status.release_seq).unwrap_or(0);
        let Some(opened) = site.opened(seq) else { return };
        let of_late = site.statuses.iter().filter(|(replaced, before)| {
            replaced + PASS_MS > self.now
                && before.release_seq == status.release_seq
                && before.updated_revision == revision
        });
        let allowed = of_late
            .filter_map(|(_, before)| Some(needed(before, before.release.as_ref()?, opened, cell)))
            .chain([needed(status, release, opened, cell)])
            .max();
        let fact = Fact::Taken {
            cluster: cluster.to_string(),
            cell: cell.to_owned(),
            seq: status.release_seq,
            revision: revision.to_owned(),
            at_revision: site.member.at_revision(cell, revision),
            allowed: allowed.unwrap_or(0),
        };
        self.judge(&fact);
    }
}

/// Pods of a cell that are at the revision when the groups up to `last` are finished.
fn needed(status: &Status, release: &Release, last: u32, cell: &str) -> u32 {
    let desired = status.cells.iter().find(|seen| seen.name == cell).map_or(0, |seen| seen.desired);
    let later: u32 = release.groups.iter().skip(last as usize + 1).filter_map(|group| group.get(cell)).sum();
    desired.saturating_sub(later)
}

fn pod_set(set: &SetObject, member: &crate::member::Member) -> String {
    let is_it = |(_, held): &(&String, &SetObject)| held.uid == set.uid;
    member.sets.iter().find(is_it).map(|(name, _)| name.clone()).unwrap_or_default()
}

fn fresh(name: String, set: &SetObject, revision: &str, image: &str, now: model::Timestamp) -> Pod {
    Pod {
        name,
        uid: String::new(),
        version: 0,
        set: String::new(),
        cell: set.cell.clone(),
        revision: revision.to_owned(),
        image: image.to_owned(),
        gate: None,
        record: None,
        created: now,
        is_deleting: false,
        has_ended: false,
        container: String::new(),
        running: String::new(),
        is_started: false,
        waiting: None,
        is_observed: false,
        ready_since: None,
        first_ready: None,
        starts_at: None,
    }
}
