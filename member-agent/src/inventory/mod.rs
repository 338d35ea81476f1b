//! What this cluster must hold, as the hub said last: in memory, and on disk before anything acts on it.
//!
//! Nothing is ever dropped from here because it is missing somewhere (I21): a Work leaves only when its own
//! deletion has been carried out, or when the hub removed it after saying so.

mod disk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;

use crds::federation::Work;
use kube::ResourceExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use disk::{Disk, DiskError};

/// One Work as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// As the hub sent it last.
    pub work: Work,
    /// Set once its deletion was carried out here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Finish>,
}

/// How the deletion of a Work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// Its objects are gone.
    Removed,
    /// Its objects stay and belong to nobody.
    Orphaned,
}

/// All Works of this cluster, with their templates and Secrets.
pub struct Inventory {
    disk: Disk,
    works: Mutex<BTreeMap<String, Record>>,
    /// uids of Works whose deletion was carried out, newest last: a late copy of one is no new instruction.
    carried_out: Mutex<VecDeque<String>>,
}

/// How many uids of Works that are gone are remembered.
const REMEMBERED: usize = 4096;

impl Inventory {
    /// Reads what was kept.
    pub fn open(disk: Disk) -> Result<Self, DiskError> {
        let works = disk.load_works()?;
        let carried_out = Mutex::new(disk.load_carried_out()?);
        Ok(Self { disk, works: Mutex::new(works), carried_out })
    }

    /// Names of all Works.
    pub fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// One Work.
    pub fn get(&self, name: &str) -> Option<Record> {
        self.lock().get(name).cloned()
    }

    /// Keeps what the hub said; synced to disk before it counts. Says whether something changed that the
    /// cluster must act on.
    pub fn keep(&self, work: Work) -> Result<bool, DiskError> {
        let name = work.name_any();
        let uid = work.uid().unwrap_or_default();
        if self.carried_out().contains(&uid) {
            return Ok(false);
        }
        let old = self.get(&name);
        if let Some(old) = &old
            && is_older(&work, &old.work)
        {
            return Ok(false);
        }
        let changed = old.as_ref().is_none_or(|old| differs(&old.work, &work));
        let same = |old: &Record| old.work.metadata.uid == work.metadata.uid;
        let finished = old.filter(same).and_then(|old| old.finished);
        let record = Record { work, finished };
        if changed {
            self.disk.save_work(&name, &record)?;
        }
        self.lock().insert(name, record);
        Ok(changed)
    }

    /// The deletion of this very Work was carried out.
    pub fn finish(&self, name: &str, uid: &str, finish: Finish) -> Result<(), DiskError> {
        let Some(mut record) = self.get(name).filter(|r| r.work.metadata.uid.as_deref() == Some(uid)) else {
            return Ok(());
        };
        record.finished = Some(finish);
        self.disk.save_work(name, &record)?;
        self.lock().insert(name.to_owned(), record);
        Ok(())
    }

    /// The hub has removed this very Work after its deletion.
    pub fn forget(&self, name: &str, uid: &str) -> Result<(), DiskError> {
        if self.get(name).is_some_and(|r| r.work.metadata.uid.as_deref() == Some(uid)) {
            let remembered = {
                let mut carried_out = self.carried_out();
                carried_out.push_back(uid.to_owned());
                while carried_out.len() > REMEMBERED {
                    carried_out.pop_front();
                }
                carried_out.clone()
            };
            self.disk.save_carried_out(&remembered)?;
            self.disk.remove_work(name)?;
            self.lock().remove(name);
            self.disk.keep_templates(&self.referenced())?;
        }
        Ok(())
    }

    /// A template's manifest, if it is here.
    pub fn template(&self, digest: &str) -> Result<Option<Value>, DiskError> {
        self.disk.load_template(digest)
    }

    /// Whether a template is here.
    pub fn has_template(&self, digest: &str) -> bool {
        self.disk.has_template(digest)
    }

    /// Keeps a template.
    pub fn keep_template(&self, digest: &str, manifest: &Value) -> Result<(), DiskError> {
        self.disk.save_template(digest, manifest)
    }

    /// A carried Secret's manifest, if it is here.
    pub fn secret(&self, name: &str) -> Result<Option<Value>, DiskError> {
        self.disk.load_secret(name)
    }

    /// Keeps a carried Secret.
    pub fn keep_secret(&self, name: &str, manifest: &Value) -> Result<(), DiskError> {
        self.disk.save_secret(name, manifest)
    }

    /// Works that carry this Secret.
    pub fn carriers(&self, secret: &str) -> Vec<String> {
        let carries = |record: &&Record| {
            record.work.spec.carried.iter().any(|c| c.secret_ref.as_deref() == Some(secret))
        };
        self.lock().values().filter(carries).map(|r| r.work.name_any()).collect()
    }

    fn carried_out(&self) -> std::sync::MutexGuard<'_, VecDeque<String>> {
        self.carried_out.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn referenced(&self) -> BTreeSet<String> {
        let works = self.lock();
        works.values().flat_map(|r| templates_of(&r.work)).map(str::to_owned).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Record>> {
        self.works.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Digests of all templates a Work refers to, the main one first.
pub fn templates_of(work: &Work) -> impl Iterator<Item = &str> {
    let carried = work.spec.carried.iter().filter_map(|c| c.template_ref.as_deref());
    std::iter::once(work.spec.template_ref.as_str()).chain(carried)
}

/// The same Work with a lower generation: a late message.
fn is_older(new: &Work, old: &Work) -> bool {
    new.metadata.uid == old.metadata.uid && new.metadata.generation < old.metadata.generation
}

/// Whether the two differ in what the cluster acts on; a status that moved is none of that.
fn differs(old: &Work, new: &Work) -> bool {
    old.metadata.uid != new.metadata.uid
        || old.metadata.generation != new.metadata.generation
        || old.metadata.deletion_timestamp != new.metadata.deletion_timestamp
        || old.metadata.annotations != new.metadata.annotations
        || old.spec != new.spec
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(name: &str, uid: &str, generation: i64) -> Work {
        let mut work =
            Work::new(name, crds::federation::WorkSpec { template_ref: "t1".into(), ..Default::default() });
        work.metadata.uid = Some(uid.into());
        work.metadata.generation = Some(generation);
        work
    }

    fn open(dir: &std::path::Path) -> Inventory {
        Inventory::open(Disk::open(dir).unwrap()).unwrap()
    }

    #[test]
    fn what_was_kept_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        assert!(open(dir.path()).keep(work("a", "u1", 1)).unwrap());
        let again = open(dir.path());
        assert_eq!(again.names(), ["a"]);
        assert!(!again.keep(work("a", "u1", 1)).unwrap(), "the same again changes nothing");
    }

    #[test]
    fn a_late_message_is_ignored() {
        let dir = tempfile::tempdir().unwrap();
        let inventory = open(dir.path());
        inventory.keep(work("a", "u1", 3)).unwrap();
        assert!(!inventory.keep(work("a", "u1", 2)).unwrap());
        assert_eq!(inventory.get("a").unwrap().work.metadata.generation, Some(3));
    }

    #[test]
    fn only_the_very_work_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let inventory = open(dir.path());
        inventory.keep(work("a", "u2", 1)).unwrap();
        inventory.forget("a", "u1").unwrap();
        assert_eq!(inventory.names(), ["a"], "another one of that name is meant");
        inventory.forget("a", "u2").unwrap();
        let again = open(dir.path());
        assert!(again.names().is_empty());
        assert!(!again.keep(work("a", "u2", 1)).unwrap(), "a late copy of it is no new instruction");
        assert!(again.names().is_empty());
        assert!(again.keep(work("a", "u3", 1)).unwrap(), "another one of that name is");
    }

    #[test]
    fn templates_that_nobody_needs_go_with_the_work() {
        let dir = tempfile::tempdir().unwrap();
        let inventory = open(dir.path());
        inventory.keep_template("t1", &serde_json::json!({"kind": "ConfigMap"})).unwrap();
        inventory.keep(work("a", "u1", 1)).unwrap();
        inventory.keep(work("b", "u2", 1)).unwrap();
        inventory.forget("a", "u1").unwrap();
        assert!(inventory.template("t1").unwrap().is_some(), "b still needs it");
        inventory.forget("b", "u2").unwrap();
        assert!(inventory.template("t1").unwrap().is_none());
    }
}
