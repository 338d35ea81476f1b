//! The member's API: objects by name with versions, conflicts, owners and garbage collection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use member_agent_core::cafe_deployment::{RecordSeen, SetSeen, Status};
use member_agent_core::pod_life::Upgrade;
use model::Timestamp;
use serde_json::Value;

use super::Pod;

/// What the agent applied for a Work.
#[derive(Clone, Debug)]
pub(crate) struct Cafe {
    pub uid: u64,
    pub version: u64,
    pub generation: i64,
    /// Uid of the Work it belongs to.
    pub work_uid: u64,
    /// Generation of the Work that was applied last.
    pub work_generation: i64,
    pub manifest: Arc<Value>,
    pub cells: BTreeMap<String, u32>,
    pub seq: i64,
    pub open_group: u32,
    pub paused: bool,
    pub is_deleting: bool,
    pub status: Status,
}

/// A ConfigMap that goes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub work_uid: u64,
}

/// An InPlaceSet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetObject {
    pub uid: u64,
    pub version: u64,
    pub cell: String,
    pub replicas: u32,
    pub updated_target: u32,
    pub revision: String,
    pub current_revision: String,
    pub group: i32,
    pub is_paused: bool,
    pub template: Arc<Value>,
    pub created: Timestamp,
}

impl SetObject {
    /// As the plan of the deployment sees it.
    pub(crate) fn seen(&self, name: &str) -> SetSeen {
        SetSeen {
            name: name.to_owned(),
            cell: self.cell.clone(),
            revision: self.revision.clone(),
            replicas: self.replicas,
            created: self.created,
            ..SetSeen::default()
        }
    }
}

/// A template that was released.
#[derive(Clone, Debug)]
pub(crate) struct RecordObject {
    pub revision: String,
    pub number: i64,
    pub template: Arc<Value>,
}

impl RecordObject {
    /// As the plan sees it.
    pub(crate) fn seen(&self, name: &str) -> RecordSeen {
        RecordSeen { name: name.to_owned(), revision: self.revision.clone(), number: self.number }
    }
}

/// All objects of a member; also what an agent's watches hold of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    pub version: u64,
    pub cafe: Option<Cafe>,
    pub configs: BTreeMap<String, Config>,
    pub sets: BTreeMap<String, SetObject>,
    pub records: BTreeMap<String, RecordObject>,
    pub pods: BTreeMap<String, Pod>,
    /// Pods that stopped being available, by cell and when: what a watch may not have shown yet.
    pub losses: Vec<(String, Timestamp)>,
}

/// The name is taken, or the object is not the one that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken;

impl Member {
    /// A new version; it is also good as a uid.
    pub(crate) fn bump(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Makes a pod.
    pub(crate) fn create_pod(&mut self, mut pod: Pod) -> Result<(), Taken> {
        if self.pods.contains_key(&pod.name) {
            return Err(Taken);
        }
        pod.version = self.bump();
        pod.uid = format!("p{}", pod.version);
        self.pods.insert(pod.name.clone(), pod);
        Ok(())
    }

    /// Begins the deletion of a pod, by uid.
    pub(crate) fn delete_pod(&mut self, name: &str, uid: &str) -> Result<(), Taken> {
        let version = self.bump();
        let pod = self.pods.get_mut(name).filter(|pod| pod.uid == uid && !pod.is_deleting).ok_or(Taken)?;
        (pod.is_deleting, pod.version, pod.ready_since) = (true, version, None);
        Ok(())
    }

    /// It is gone.
    pub(crate) fn remove_pod(&mut self, name: &str) {
        self.pods.remove(name);
        self.version += 1;
    }

    /// Writes a gate, by uid.
    pub(crate) fn write_gate(&mut self, name: &str, uid: &str, is_open: bool) -> Result<(), Taken> {
        let version = self.bump();
        let pod = self.pods.get_mut(name).filter(|pod| pod.uid == uid).ok_or(Taken)?;
        (pod.gate, pod.version) = (Some(is_open), version);
        Ok(())
    }

    /// Moves a pod to another revision in place, by version.
    pub(crate) fn upgrade_pod(
        &mut self,
        name: &str,
        seen: u64,
        revision: &str,
        upgrade: &Upgrade,
    ) -> Result<(), Taken> {
        use member_agent_core::annotation::IN_PLACE_STATE;
        use member_agent_core::pod_life::Record;
        let version = self.bump();
        let pod = self.pods.get_mut(name).filter(|pod| pod.version == seen).ok_or(Taken)?;
        if let Some(image) = upgrade.images.get("shop") {
            pod.image = image.clone();
            pod.is_observed = false;
            pod.starts_at = None;
        }
        pod.revision = revision.to_owned();
        if let Some(note) = upgrade.annotations.get(IN_PLACE_STATE) {
            pod.record = note.as_deref().and_then(Record::parse);
        }
        pod.version = version;
        Ok(())
    }

    /// Objects without an owner go; an application on its way out goes last.
    pub(crate) fn collect_garbage(&mut self) {
        let is_leaving = self.cafe.as_ref().is_none_or(|cafe| cafe.is_deleting);
        if is_leaving && !self.sets.is_empty() {
            self.sets.clear();
            self.records.clear();
            self.version += 1;
        }
        let sets: BTreeSet<String> = self.sets.keys().cloned().collect();
        let orphans: Vec<(String, String)> = self
            .pods
            .values()
            .filter(|pod| !pod.is_deleting && !sets.contains(&pod.set))
            .map(|pod| (pod.name.clone(), pod.uid.clone()))
            .collect();
        for (name, uid) in orphans {
            // It was there a moment ago, and nobody else writes.
            let _ = self.delete_pod(&name, &uid);
        }
        if self.pods.is_empty() && self.cafe.as_ref().is_some_and(|cafe| cafe.is_deleting) {
            self.cafe = None;
            self.version += 1;
        }
    }

    /// Pods of a cell that are alive and at a revision.
    pub(crate) fn at_revision(&self, cell: &str, revision: &str) -> u32 {
        let count =
            self.pods.values().filter(|pod| pod.cell == cell && pod.revision == revision && pod.is_alive());
        u32::try_from(count.count()).unwrap_or(u32::MAX)
    }
}
