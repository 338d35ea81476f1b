//! Everything that is seen, in one place. Locked for moments only; a pass takes a snapshot and lets go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crds::convert::ConvertError;
use crds::federation::{Confirmation, FederatedDeployment, FederatedResource, MemberCluster, Work};
use crds::ldc::{self, DeployUnit, LogicalUnit};
use model::{ClusterName, RuleSet};

use super::kinds::{Wake, Watched};
use super::shelf::Change;
use super::{FleetFacts, ObjectKey, Shelf, Subject, Versions};
use crate::queue::Queue;

/// The rule set in force.
#[derive(Clone, Debug, Default)]
pub enum Rules {
    /// None was committed.
    #[default]
    None,
    /// These.
    InForce(Arc<RuleSet>),
    /// The object `current` cannot be believed.
    Broken(ConvertError),
}

/// All that is seen.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) clusters: Shelf<MemberCluster>,
    pub(crate) units: Shelf<LogicalUnit>,
    pub(crate) cells: Shelf<DeployUnit>,
    pub(crate) rule_sets: Shelf<ldc::RuleSet>,
    pub(crate) applications: Shelf<FederatedDeployment>,
    pub(crate) resources: Shelf<FederatedResource>,
    pub(crate) works: Shelf<Work>,
    pub(crate) confirmations: Shelf<Confirmation>,
    pub(crate) works_of: BTreeMap<Subject, BTreeSet<ObjectKey>>,
    pub(crate) confirmations_of: BTreeMap<Subject, BTreeSet<ObjectKey>>,
    pub(crate) versions: Versions,
    pub(crate) fleet: Arc<FleetFacts>,
    pub(crate) rules: Rules,
}

/// What a pass over one source decides from.
#[derive(Clone, Debug)]
pub struct Snapshot<K> {
    /// The source; `None`: it is gone.
    pub source: Option<Arc<K>>,
    /// Its Works by cluster.
    pub works: BTreeMap<ClusterName, Arc<Work>>,
    /// Confirmations that name it.
    pub confirmations: Vec<Arc<Confirmation>>,
    /// Clusters, units, cells.
    pub fleet: Arc<FleetFacts>,
    /// The rules in force.
    pub rules: Rules,
}

/// Everything that is seen, and the queue of those whose turn it is.
#[derive(Default)]
pub struct World {
    facts: Mutex<Facts>,
    /// Whose turn it is.
    pub queue: Queue<Subject>,
}

impl World {
    /// Takes a newer version of an object in, and wakes whom it touches.
    pub(crate) fn put<K: Watched>(&self, mut object: K) {
        object.meta_mut().managed_fields = None;
        let mut facts = self.lock();
        let Some(change) = K::shelf(&mut facts).put(object) else { return };
        self.wake(&mut facts, &change);
    }

    /// An object is gone.
    pub(crate) fn take<K: Watched>(&self, key: &ObjectKey, uid: Option<&str>) {
        let mut facts = self.lock();
        let Some(change) = K::shelf(&mut facts).take(key, uid) else { return };
        self.wake(&mut facts, &change);
    }

    /// A list is complete: what is held and not in it is gone.
    pub(crate) fn keep_only<K: Watched>(&self, listed: &BTreeSet<ObjectKey>) {
        let gone = K::shelf(&mut self.lock()).others(listed);
        for key in gone {
            self.take::<K>(&key, None);
        }
    }

    /// The trace that the newest version of a source belongs to.
    pub(crate) fn traceparent(&self, subject: &Subject) -> Option<String> {
        let facts = self.lock();
        let meta = match subject {
            Subject::Application(key) => &facts.applications.get(key)?.metadata,
            Subject::Resource(key) => &facts.resources.get(key)?.metadata,
        };
        let given =
            meta.annotations.as_ref().and_then(|a| a.get(crds::names::TRACEPARENT)).map(String::as_str);
        let uid = meta.uid.as_deref().unwrap_or_default();
        Some(crate::trace::traceparent(given, uid, meta.generation.unwrap_or_default()))
    }

    /// Works whose agent has not reported on their newest generation.
    pub(crate) fn pending_works(&self) -> usize {
        let is_behind = |work: &&Arc<Work>| {
            let observed = work.status.as_ref().map_or(0, |status| status.observed_generation);
            observed < work.metadata.generation.unwrap_or_default()
        };
        self.lock().works.values().filter(is_behind).count()
    }

    /// uid and version of a Work as it was seen last.
    pub(crate) fn work_version(&self, key: &ObjectKey) -> Option<(String, String)> {
        let facts = self.lock();
        let work = facts.works.get(key)?;
        Some((work.metadata.uid.clone()?, work.metadata.resource_version.clone()?))
    }

    fn wake<K: Watched>(&self, facts: &mut Facts, change: &Change<K>) {
        match K::touches(facts, change.old.as_ref(), change.new.as_ref()) {
            Wake::Nobody => {}
            Wake::These(subjects) => subjects.into_iter().for_each(|subject| self.queue.add(subject)),
            Wake::Everybody => {
                let applications = facts.applications.keys().cloned().map(Subject::Application);
                applications.for_each(|subject| self.queue.add(subject));
                let resources = facts.resources.keys().cloned().map(Subject::Resource);
                resources.for_each(|subject| self.queue.add(subject));
            }
        }
    }

    /// What a pass over a FederatedDeployment decides from.
    pub fn application(&self, key: &ObjectKey) -> Snapshot<FederatedDeployment> {
        let facts = self.lock();
        facts.snapshot(&Subject::Application(key.clone()), facts.applications.get(key).cloned())
    }

    /// What a pass over a FederatedResource decides from.
    pub fn resource(&self, key: &ObjectKey) -> Snapshot<FederatedResource> {
        let facts = self.lock();
        facts.snapshot(&Subject::Resource(key.clone()), facts.resources.get(key).cloned())
    }

    /// Looks at or changes the versions of what goes along.
    pub fn versions<T>(&self, look: impl FnOnce(&mut Versions) -> T) -> T {
        look(&mut self.lock().versions)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Facts {
    fn snapshot<K>(&self, subject: &Subject, source: Option<Arc<K>>) -> Snapshot<K> {
        let works = self.works_of.get(subject).into_iter().flatten();
        let works = works.filter_map(|key| {
            let cluster = key.namespace.strip_prefix("cluster-")?;
            Some((ClusterName::new(cluster).ok()?, self.works.get(key)?.clone()))
        });
        let confirmations = self.confirmations_of.get(subject).into_iter().flatten();
        Snapshot {
            source,
            works: works.collect(),
            confirmations: confirmations.filter_map(|key| self.confirmations.get(key).cloned()).collect(),
            fleet: self.fleet.clone(),
            rules: self.rules.clone(),
        }
    }

    /// Makes the view of clusters, units and cells anew; whether applications may be placed differently now.
    pub(super) fn refresh_fleet(&mut self) -> bool {
        let fleet = FleetFacts::of(
            self.clusters.values().map(Arc::as_ref),
            self.units.values().map(Arc::as_ref),
            self.cells.values().map(Arc::as_ref),
        );
        let differs = !fleet.places_as(&self.fleet);
        self.fleet = Arc::new(fleet);
        differs
    }
}
