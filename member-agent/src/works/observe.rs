//! What this cluster holds of ours: one watch per kind in use, and for each object what was applied last.
//!
//! Only metadata is watched, but for CafeDeployments, whose status goes to the hub.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crds::apps::{CafeDeployment, CafeDeploymentStatus};
use crds::federation::ObjectRef;
use crds::names;
use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, DynamicObject, ObjectMeta, PartialObjectMeta};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::kinds::Kind;
use crate::queue::Queue;

/// One object of ours, as the cluster shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Its uid.
    pub uid: String,
    /// Its version.
    pub resource_version: String,
    /// Its generation, where its kind counts one.
    pub generation: Option<i64>,
    /// The Work it belongs to, by uid.
    pub work_uid: String,
    /// Status, for a CafeDeployment.
    pub status: Option<Arc<CafeDeploymentStatus>>,
}

/// What the last apply of an object left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Name of the Work.
    pub work: String,
    /// SHA-256 of the manifest that was applied.
    pub digest: [u8; 32],
    /// Version after it.
    pub resource_version: String,
    /// Generation after it.
    pub generation: Option<i64>,
}

/// All objects of ours.
#[derive(Default)]
pub struct Holdings {
    objects: Mutex<BTreeMap<ObjectRef, Holding>>,
    watched: Mutex<BTreeSet<(String, String)>>,
}

#[derive(Clone, Debug, Default)]
struct Holding {
    seen: Option<Seen>,
    applied: Option<Applied>,
}

impl Holdings {
    /// The object as it was seen last.
    pub fn seen(&self, object: &ObjectRef) -> Option<Seen> {
        self.lock().get(object).and_then(|h| h.seen.clone())
    }

    /// The last apply.
    pub fn applied(&self, object: &ObjectRef) -> Option<Applied> {
        self.lock().get(object).and_then(|h| h.applied.clone())
    }

    /// Remembers an apply.
    pub fn note_applied(&self, object: ObjectRef, applied: Applied) {
        self.lock().entry(object).or_default().applied = Some(applied);
    }

    /// The object is none of ours any more.
    pub fn drop_object(&self, object: &ObjectRef) {
        self.lock().remove(object);
    }

    /// Whether the object still is what the last apply of this manifest left: somebody else's change of a
    /// status does not count, a change of anything with a generation does.
    pub fn is_as_applied(&self, object: &ObjectRef, digest: &[u8; 32]) -> bool {
        let objects = self.lock();
        let Some(Holding { seen: Some(seen), applied: Some(applied) }) = objects.get(object) else {
            return false;
        };
        let untouched = match applied.generation {
            Some(generation) => seen.generation == Some(generation),
            None => seen.resource_version == applied.resource_version,
        };
        untouched && applied.digest == *digest
    }

    /// Objects that the last applies left for this Work.
    pub fn of_work(&self, work: &str) -> Vec<ObjectRef> {
        let mine = |holding: &Holding| holding.applied.as_ref().is_some_and(|a| a.work == work);
        self.lock().iter().filter(|(_, h)| mine(h)).map(|(object, _)| object.clone()).collect()
    }

    fn see(&self, object: ObjectRef, seen: Seen) -> Option<String> {
        let mut objects = self.lock();
        let holding = objects.entry(object).or_default();
        holding.seen = Some(seen);
        holding.applied.as_ref().map(|a| a.work.clone())
    }

    fn gone(&self, object: &ObjectRef) -> Option<String> {
        let mut objects = self.lock();
        let holding = objects.get_mut(object)?;
        holding.seen = None;
        let work = holding.applied.as_ref().map(|a| a.work.clone());
        if work.is_none() {
            objects.remove(object);
        }
        work
    }

    /// After a list: objects of this kind that were not in it are gone.
    fn keep_only(&self, api_version: &str, kind: &str, present: &BTreeSet<ObjectRef>) -> Vec<String> {
        let absent: Vec<ObjectRef> = {
            let objects = self.lock();
            let of_kind = |o: &&ObjectRef| o.api_version == api_version && o.kind == kind;
            objects.keys().filter(of_kind).filter(|o| !present.contains(o)).cloned().collect()
        };
        absent.iter().filter_map(|object| self.gone(object)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ObjectRef, Holding>> {
        self.objects.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Starts the watch of a kind, once; it ends with `stop`. Every change wakes the Work it belongs to.
    pub fn watch(
        self: &Arc<Self>,
        client: &kube::Client,
        kind: &Kind,
        queue: &Arc<Queue<String>>,
        stop: &CancellationToken,
    ) {
        let key = (kind.resource.api_version.clone(), kind.resource.kind.clone());
        {
            let mut watched = self.watched.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !watched.insert(key) {
                return;
            }
        }
        let follower = Follower {
            holdings: self.clone(),
            queue: queue.clone(),
            api_version: kind.resource.api_version.clone(),
            kind: kind.resource.kind.clone(),
        };
        let (client, resource, stop) = (client.clone(), kind.resource.clone(), stop.clone());
        let cafe = resource.kind == "CafeDeployment" && resource.group == names::APPS_GROUP;
        tokio::spawn(async move {
            let run = async {
                if cafe {
                    follower.follow_cafe_deployments(client).await;
                } else {
                    follower.follow_metadata(Api::all_with(client, &resource)).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = run => {}
            }
        });
    }
}

struct Follower {
    holdings: Arc<Holdings>,
    queue: Arc<Queue<String>>,
    api_version: String,
    kind: String,
}

impl Follower {
    async fn follow_metadata(&self, api: Api<PartialObjectMeta<DynamicObject>>) {
        let stream = watcher::watcher(api, ours()).default_backoff().map_ok(|event| {
            map_event(event, |object: PartialObjectMeta<DynamicObject>| (object.metadata, None))
        });
        self.follow(stream.boxed()).await;
    }

    async fn follow_cafe_deployments(&self, client: kube::Client) {
        let api: Api<CafeDeployment> = Api::all(client);
        let stream = watcher::watcher(api, ours()).default_backoff().map_ok(|event| {
            map_event(event, |object: CafeDeployment| (object.metadata, object.status.map(Arc::new)))
        });
        self.follow(stream.boxed()).await;
    }

    async fn follow(
        &self,
        mut events: futures::stream::BoxStream<'_, Result<Event<(ObjectRef, Seen)>, watcher::Error>>,
    ) {
        let mut listed = BTreeSet::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => listed.clear(),
                Ok(Event::InitApply((object, seen))) => {
                    let object = self.named(object);
                    listed.insert(object.clone());
                    self.wake(self.holdings.see(object, seen));
                }
                Ok(Event::InitDone) => {
                    for work in self.holdings.keep_only(&self.api_version, &self.kind, &listed) {
                        self.queue.add(work);
                    }
                    listed.clear();
                }
                Ok(Event::Apply((object, seen))) => self.wake(self.holdings.see(self.named(object), seen)),
                Ok(Event::Delete((object, _))) => self.wake(self.holdings.gone(&self.named(object))),
                Err(error) => debug!(kind = self.kind, error = %error, "watch interrupted; it starts again"),
            }
        }
    }

    fn named(&self, mut object: ObjectRef) -> ObjectRef {
        object.api_version.clone_from(&self.api_version);
        object.kind.clone_from(&self.kind);
        object
    }

    fn wake(&self, work: Option<String>) {
        if let Some(work) = work {
            self.queue.add(work);
        }
    }
}

fn ours() -> watcher::Config {
    watcher::Config::default().labels(&format!("{}={}", names::MANAGED_BY, names::CAFE_FEDERATION))
}

fn map_event<K>(
    event: Event<K>,
    split: impl Fn(K) -> (ObjectMeta, Option<Arc<CafeDeploymentStatus>>),
) -> Event<(ObjectRef, Seen)> {
    let convert = |object: K| {
        let (metadata, status) = split(object);
        let reference = ObjectRef {
            namespace: metadata.namespace.unwrap_or_default(),
            name: metadata.name.unwrap_or_default(),
            ..ObjectRef::default()
        };
        let work_uid = metadata.annotations.and_then(|mut a| a.remove(names::WORK_UID)).unwrap_or_default();
        let seen = Seen {
            uid: metadata.uid.unwrap_or_default(),
            resource_version: metadata.resource_version.unwrap_or_default(),
            generation: metadata.generation,
            work_uid,
            status,
        };
        (reference, seen)
    };
    match event {
        Event::Init => Event::Init,
        Event::InitApply(object) => Event::InitApply(convert(object)),
        Event::InitDone => Event::InitDone,
        Event::Apply(object) => Event::Apply(convert(object)),
        Event::Delete(object) => Event::Delete(convert(object)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str) -> ObjectRef {
        ObjectRef {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: "d".into(),
            name: name.into(),
        }
    }

    fn applied(rv: &str, generation: Option<i64>) -> Applied {
        Applied { work: "w".into(), digest: [1; 32], resource_version: rv.into(), generation }
    }

    fn seen(rv: &str, generation: Option<i64>) -> Seen {
        Seen { resource_version: rv.into(), generation, ..Seen::default() }
    }

    #[test]
    fn a_status_write_is_no_drift_but_a_new_generation_is() {
        let holdings = Holdings::default();
        holdings.note_applied(object("a"), applied("5", Some(2)));
        holdings.see(object("a"), seen("9", Some(2)));
        assert!(holdings.is_as_applied(&object("a"), &[1; 32]));
        holdings.see(object("a"), seen("10", Some(3)));
        assert!(!holdings.is_as_applied(&object("a"), &[1; 32]));
    }

    #[test]
    fn a_kind_without_generations_drifts_with_its_version() {
        let holdings = Holdings::default();
        holdings.note_applied(object("a"), applied("5", None));
        holdings.see(object("a"), seen("5", None));
        assert!(holdings.is_as_applied(&object("a"), &[1; 32]));
        assert!(!holdings.is_as_applied(&object("a"), &[2; 32]), "another manifest is to be applied");
        assert_eq!(holdings.see(object("a"), seen("6", None)), Some("w".into()));
        assert!(!holdings.is_as_applied(&object("a"), &[1; 32]));
    }

    #[test]
    fn what_a_list_does_not_show_is_gone_and_wakes_its_work() {
        let holdings = Holdings::default();
        holdings.note_applied(object("a"), applied("5", None));
        holdings.see(object("a"), seen("5", None));
        assert_eq!(holdings.keep_only("v1", "ConfigMap", &BTreeSet::new()), ["w"]);
        assert_eq!(holdings.seen(&object("a")), None);
    }
}
