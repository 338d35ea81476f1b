//! Pods, by application, as the few facts that decisions rest on.

use std::collections::BTreeMap;
use std::sync::Arc;

use member_agent_core::pod::PodView;

use super::Key;

/// A pod: the core's view of it, and what writes need.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PodEntry {
    /// Namespace and name of the application (the value of the label).
    pub application: Key,
    /// uid of its controller.
    pub owner_uid: String,
    /// Whether its controller is an InPlaceSet.
    pub in_place: bool,
    /// The version that was seen.
    pub version: String,
    /// What decisions rest on.
    pub view: PodView,
}

/// All pods.
#[derive(Default)]
pub(crate) struct Pods {
    by_application: BTreeMap<Key, BTreeMap<String, Arc<PodEntry>>>,
    listing: Option<Vec<PodEntry>>,
}

impl Pods {
    /// Takes a version; `false` when it says nothing new. A deletion that was asked for stays known.
    pub(crate) fn apply(&mut self, mut entry: PodEntry) -> bool {
        let pods = self.by_application.entry(entry.application.clone()).or_default();
        if let Some(held) = pods.get(&entry.view.name)
            && held.view.uid == entry.view.uid
        {
            if super::version(Some(&held.version)) >= super::version(Some(&entry.version)) {
                return false;
            }
            entry.view.deleting |= held.view.deleting;
            let says_nothing_new = PodEntry { version: held.version.clone(), ..entry.clone() } == **held;
            pods.insert(entry.view.name.clone(), Arc::new(entry));
            return !says_nothing_new;
        }
        pods.insert(entry.view.name.clone(), Arc::new(entry));
        true
    }

    /// Forgets a pod.
    pub(crate) fn delete(&mut self, application: &Key, name: &str, uid: &str) -> bool {
        let Some(pods) = self.by_application.get_mut(application) else { return false };
        let is_it = pods.get(name).is_some_and(|held| held.view.uid == uid);
        if is_it {
            pods.remove(name);
        }
        if pods.is_empty() {
            self.by_application.remove(application);
        }
        is_it
    }

    /// Notes that a deletion was asked for.
    pub(crate) fn mark_deleting(&mut self, application: &Key, name: &str, uid: &str) {
        let held = self.by_application.get_mut(application).and_then(|pods| pods.get_mut(name));
        if let Some(held) = held.filter(|held| held.view.uid == uid) {
            Arc::make_mut(held).view.deleting = true;
        }
    }

    /// A list begins.
    pub(crate) fn begin_list(&mut self) {
        self.listing = Some(Vec::new());
    }

    /// A pod of the list.
    pub(crate) fn list(&mut self, entry: PodEntry) {
        if let Some(listing) = &mut self.listing {
            listing.push(entry);
        }
    }

    /// The list is whole: what it does not have is gone. Returns every pod that was or is there.
    pub(crate) fn end_list(&mut self) -> Vec<Arc<PodEntry>> {
        let Some(listing) = self.listing.take() else { return Vec::new() };
        let before = std::mem::take(&mut self.by_application);
        for mut entry in listing {
            let held = before.get(&entry.application).and_then(|pods| pods.get(&entry.view.name));
            if let Some(held) = held.filter(|held| held.view.uid == entry.view.uid) {
                if super::version(Some(&held.version)) > super::version(Some(&entry.version)) {
                    entry = (**held).clone();
                }
                entry.view.deleting |= held.view.deleting;
            }
            let pods = self.by_application.entry(entry.application.clone()).or_default();
            pods.insert(entry.view.name.clone(), Arc::new(entry));
        }
        let both = before.into_values().chain(self.by_application.values().cloned());
        both.flat_map(BTreeMap::into_values).collect()
    }

    /// All pods of an application.
    pub(crate) fn of(&self, application: &Key) -> Vec<Arc<PodEntry>> {
        self.by_application.get(application).map(|pods| pods.values().cloned().collect()).unwrap_or_default()
    }
}
