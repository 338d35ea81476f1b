//! Following all objects of a kind: a callback with the whole set after each change.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::ControlFlow;

use futures::StreamExt;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, ResourceExt};
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::screen::note;

/// Calls `changed` with all objects, by namespace and name, when they are known and after each change, until it
/// says that it is done. A hub that goes away is waited for, and said so once.
pub async fn follow<K, T>(
    api: Api<K>,
    config: watcher::Config,
    mut changed: impl FnMut(&BTreeMap<(String, String), K>) -> Result<ControlFlow<T>, Failure>,
) -> Result<T, Failure>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut events = watcher(api, config).default_backoff().boxed();
    let mut objects: BTreeMap<(String, String), K> = BTreeMap::new();
    let mut listed: BTreeMap<(String, String), K> = BTreeMap::new();
    let mut is_cut_off = false;
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => {
                listed.clear();
                continue;
            }
            Ok(Event::InitApply(object)) => {
                listed.insert(key(&object), object);
                continue;
            }
            Ok(Event::InitDone) => objects = std::mem::take(&mut listed),
            Ok(Event::Apply(object)) => {
                objects.insert(key(&object), object);
            }
            Ok(Event::Delete(object)) => {
                objects.remove(&key(&object));
            }
            Err(watcher::Error::InitialListFailed(source)) if matches!(source, kube::Error::Api(_)) => {
                return Err(Failure::Hub { attempt: "watch the hub".into(), source: Box::new(source) });
            }
            Err(_) => {
                if !std::mem::replace(&mut is_cut_off, true) {
                    note("the hub does not answer; trying again");
                }
                continue;
            }
        }
        is_cut_off = false;
        if let ControlFlow::Break(done) = changed(&objects)? {
            return Ok(done);
        }
    }
    Err(Failure::Refused("the watch of the hub ended".into()))
}

fn key<K: kube::Resource>(object: &K) -> (String, String) {
    (object.namespace().unwrap_or_default(), object.name_any())
}
