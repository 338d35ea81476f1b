//! Watches that keep the world up to date, for ever.

use std::collections::BTreeSet;
use std::sync::Arc;

use crds::federation::DependencyKind;
use futures::StreamExt;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tracing::warn;

use super::{DependencyKey, ObjectKey, Subject, Watched, World};

/// Keeps all objects of kind `K` in the world; `listed` becomes true after the first whole list. Ends only with its
/// stream, which never ends.
pub(crate) async fn follow<K: Watched>(client: Client, world: Arc<World>, listed: watch::Sender<bool>) {
    let stream = watcher(Api::<K>::all(client), Config::default()).default_backoff();
    let mut stream = std::pin::pin!(stream);
    let mut names = BTreeSet::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::Init) => names.clear(),
            Ok(Event::InitApply(object)) => {
                names.insert(ObjectKey::of(&object));
                world.put(object);
            }
            Ok(Event::InitDone) => {
                world.keep_only::<K>(&std::mem::take(&mut names));
                listed.send_replace(true);
            }
            Ok(Event::Apply(object)) => world.put(object),
            Ok(Event::Delete(object)) => world.take::<K>(&ObjectKey::of(&object), object.uid().as_deref()),
            Err(error) => warn!(kind = %K::kind(&()), %error, "watch broken; it is taken up again"),
        }
    }
}

/// Keeps the versions of all objects of kind `K`, without their content.
pub(crate) async fn follow_versions<K>(
    client: Client,
    kind: DependencyKind,
    world: Arc<World>,
    listed: watch::Sender<bool>,
) where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let stream = watcher(Api::<PartialObjectMeta<K>>::all(client), Config::default()).default_backoff();
    let mut stream = std::pin::pin!(stream);
    let mut names = BTreeSet::new();
    let saw = |object: &PartialObjectMeta<K>, is_there: bool| {
        let key = DependencyKey { kind, object: ObjectKey::of(object) };
        let version = object.resource_version().filter(|_| is_there);
        let users = world.versions(|versions| versions.saw(key, version));
        users.into_iter().for_each(|user| world.queue.add(Subject::Application(user)));
    };
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::Init) => names.clear(),
            Ok(Event::InitApply(object)) => {
                names.insert(ObjectKey::of(&object));
                saw(&object, true);
            }
            Ok(Event::InitDone) => {
                let gone = world.versions(|versions| versions.others(kind, &std::mem::take(&mut names)));
                for key in gone {
                    let users = world.versions(|versions| versions.saw(key, None));
                    users.into_iter().for_each(|user| world.queue.add(Subject::Application(user)));
                }
                listed.send_replace(true);
            }
            Ok(Event::Apply(object)) => saw(&object, true),
            Ok(Event::Delete(object)) => saw(&object, false),
            Err(error) => warn!(kind = %K::kind(&()), %error, "watch broken; it is taken up again"),
        }
    }
}
