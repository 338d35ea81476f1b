//! The hub's store: objects with versions, changed by compare-and-set. What is written is never lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use federation_core::release::deadline::Progress;
use federation_core::release::sequence::Current;
use federation_core::work::{DeletionPolicy, ObjectName};
use model::groups::UpgradeType;
use model::release::ConfirmationTarget;
use model::{CellName, ClusterName, Timestamp, UnitName};
use serde_json::{Value, json};

/// What a person wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AppSpec {
    pub replicas: u32,
    pub image: String,
    /// An environment variable: its change asks for new pods.
    pub env: u32,
    /// A ConfigMap that goes along; its name has the number.
    pub config: u32,
    pub units: Vec<UnitName>,
    pub weights: BTreeMap<CellName, u32>,
    pub avoid_disruption: bool,
    pub upgrade_type: UpgradeType,
    pub batch_size: Option<u32>,
    pub need_confirm: bool,
    pub min_ready_seconds: u32,
    pub paused: bool,
    pub policy: DeletionPolicy,
}

impl AppSpec {
    /// The manifest without replicas and cells.
    pub(crate) fn manifest(&self) -> Value {
        let env = json!([{"name": "N", "value": self.env.to_string()}]);
        json!({
            "strategy": {
                "upgradeType": format!("{:?}", self.upgrade_type),
                "batchSize": self.batch_size,
                "minReadySeconds": self.min_ready_seconds,
            },
            "template": {
                "metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "shop", "image": self.image, "env": env}]},
            },
        })
    }
}

/// What the hub has decided and shows: the log of releases, written before any Work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Books {
    pub generation: i64,
    pub current: Option<Current>,
    pub asks: bool,
    pub open_group: u32,
    pub progress: Option<Progress>,
    pub wanted: Option<ConfirmationTarget>,
    pub phase: String,
    /// What is waited for, in words.
    pub said: String,
    pub total: u32,
    pub unplaced: u32,
    pub shares: BTreeMap<CellName, u32>,
    pub weights: BTreeMap<CellName, u32>,
}

/// The application.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub generation: i64,
    pub version: u64,
    pub spec: AppSpec,
    pub books: Books,
}

/// What one cluster must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorkSpec {
    pub template: String,
    pub cells: BTreeMap<CellName, u32>,
    pub contents: BTreeSet<ObjectName>,
    pub prune: BTreeSet<ObjectName>,
    pub policy: DeletionPolicy,
    pub seq: u64,
    pub open_group: u32,
    pub paused: bool,
}

/// What the agent says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WorkStatus {
    pub observed_generation: i64,
    pub is_applied: bool,
    pub is_finished: bool,
    pub summary: Option<Summary>,
}

/// A workload as far as the hub decides on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub is_current: bool,
    pub seq: u64,
    pub groups: u32,
    pub finished: u32,
    pub group: u32,
    pub updated: u32,
    pub available: u32,
    pub total: u32,
    pub problems: Vec<String>,
}

/// A Work.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub uid: u64,
    pub generation: i64,
    pub version: u64,
    pub is_deleting: bool,
    pub spec: WorkSpec,
    pub status: WorkStatus,
}

/// A person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub target: ConfirmationTarget,
    /// The revision that was looked at; only a bug binds to it.
    pub revision: String,
    pub is_consumed: bool,
}

/// A member as the hub has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemberEntry {
    pub heard: Option<Timestamp>,
    pub is_suspended: bool,
}

/// Everything.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub version: u64,
    pub app: App,
    pub works: BTreeMap<ClusterName, Work>,
    pub templates: BTreeMap<String, Arc<Value>>,
    pub words: Vec<Word>,
    pub members: BTreeMap<ClusterName, MemberEntry>,
}

/// The object is not the one that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conflict;

impl Store {
    /// A new version; it is also good as a uid.
    pub(crate) fn bump(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// A person changes the application.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut AppSpec)) {
        let before = self.app.spec.clone();
        change(&mut self.app.spec);
        if self.app.spec != before {
            self.app.generation += 1;
            self.app.version = self.bump();
        }
    }

    /// Writes the books, if the application is the one that was seen.
    pub(crate) fn write_books(&mut self, seen: Option<u64>, books: Books) -> Result<(), Conflict> {
        if seen.is_some_and(|seen| seen != self.app.version) {
            return Err(Conflict);
        }
        self.app.books = books;
        self.app.version = self.bump();
        Ok(())
    }

    /// Makes or changes a Work. `seen`: `None` compares nothing, `Some(0)` wants none to be there.
    pub(crate) fn write_work(
        &mut self,
        cluster: &ClusterName,
        seen: Option<u64>,
        spec: WorkSpec,
    ) -> Result<(), Conflict> {
        let held = self.works.get(cluster).map_or(0, |work| work.version);
        if seen.is_some_and(|seen| seen != held) {
            return Err(Conflict);
        }
        let version = self.bump();
        let fresh = || Work {
            uid: version,
            generation: 0,
            version,
            is_deleting: false,
            spec: spec.clone(),
            status: WorkStatus::default(),
        };
        let work = self.works.entry(cluster.clone()).or_insert_with(fresh);
        work.spec = spec;
        work.generation += 1;
        work.version = version;
        Ok(())
    }

    /// Marks a Work for deletion; its agent's finalizer holds it.
    pub(crate) fn delete_work(
        &mut self,
        cluster: &ClusterName,
        uid: u64,
        seen: Option<u64>,
    ) -> Result<(), Conflict> {
        let version = self.version + 1;
        let Some(work) = self.works.get_mut(cluster).filter(|work| work.uid == uid) else {
            return Err(Conflict);
        };
        if seen.is_some_and(|seen| seen != work.version) {
            return Err(Conflict);
        }
        if !work.is_deleting {
            (work.is_deleting, work.version) = (true, version);
            work.generation += 1;
            self.version = version;
        }
        Ok(())
    }

    /// Takes an agent's status, if it speaks of this very Work. Says whether anything changed.
    pub(crate) fn take_status(&mut self, cluster: &ClusterName, uid: u64, status: WorkStatus) -> bool {
        let version = self.version + 1;
        match self.works.get_mut(cluster).filter(|work| work.uid == uid && work.status != status) {
            Some(work) => {
                (work.status, work.version, self.version) = (status, version, version);
                true
            }
            None => false,
        }
    }
}
