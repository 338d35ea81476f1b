//! Objects of one kind by namespace and name, each in the newest version that was seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::{Resource, ResourceExt};

use super::Key;

/// A resource version as a number; it grows with every write (Kubernetes 1.35 promises it, etcd always did).
pub(crate) fn version(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
}

/// Objects of one kind.
pub(crate) struct Kept<K> {
    objects: BTreeMap<Key, Arc<K>>,
    listing: Option<BTreeMap<Key, Arc<K>>>,
}

impl<K> Default for Kept<K> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), listing: None }
    }
}

pub(crate) fn key_of<K: Resource>(object: &K) -> Key {
    Key::new(object.namespace().unwrap_or_default(), object.name_any())
}

fn version_of<K: Resource>(object: &K) -> u64 {
    version(object.meta().resource_version.as_deref())
}

impl<K: Resource> Kept<K> {
    /// Takes a version. `false` when it is not newer than what is there.
    pub(crate) fn apply(&mut self, object: K) -> bool {
        let key = key_of(&object);
        if let Some(held) = self.objects.get(&key) {
            let same = held.meta().uid == object.meta().uid;
            if same && version_of(held.as_ref()) >= version_of(&object) {
                return false;
            }
        }
        self.objects.insert(key, Arc::new(object));
        true
    }

    /// Forgets an object, unless another one has its name by now.
    pub(crate) fn delete(&mut self, object: &K) -> bool {
        let key = key_of(object);
        let is_it = self.objects.get(&key).is_some_and(|held| held.meta().uid == object.meta().uid);
        is_it && self.objects.remove(&key).is_some()
    }

    /// A list begins.
    pub(crate) fn begin_list(&mut self) {
        self.listing = Some(BTreeMap::new());
    }

    /// An object of the list.
    pub(crate) fn list(&mut self, object: K) {
        if let Some(listing) = &mut self.listing {
            listing.insert(key_of(&object), Arc::new(object));
        }
    }

    /// The list is whole: what it does not have is gone. Returns every key that was or is there.
    pub(crate) fn end_list(&mut self) -> Vec<Arc<K>> {
        let Some(mut listing) = self.listing.take() else { return Vec::new() };
        let mut touched: Vec<Arc<K>> = Vec::new();
        for (key, held) in &self.objects {
            match listing.get_mut(key) {
                Some(listed) if listed.meta().uid == held.meta().uid => {
                    if version_of(held.as_ref()) > version_of(listed.as_ref()) {
                        *listed = Arc::clone(held);
                    }
                }
                _ => touched.push(Arc::clone(held)),
            }
        }
        touched.extend(listing.values().cloned());
        self.objects = listing;
        touched
    }

    /// One object.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.objects.get(key).cloned()
    }

    /// All objects of a namespace.
    pub(crate) fn in_namespace<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<K>> {
        let from = Key::new(namespace, "");
        self.objects
            .range(from..)
            .take_while(move |(key, _)| key.namespace == namespace)
            .map(|(_, object)| object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::apps::v1::ControllerRevision;

    fn object(name: &str, uid: &str, version: &str) -> ControllerRevision {
        let mut object = ControllerRevision::default();
        object.metadata.namespace = Some("shop".into());
        object.metadata.name = Some(name.into());
        object.metadata.uid = Some(uid.into());
        object.metadata.resource_version = Some(version.into());
        object
    }

    #[test]
    fn a_late_watch_does_not_replace_a_newer_version() {
        let mut kept = Kept::default();
        assert!(kept.apply(object("a", "1", "10")));
        assert!(!kept.apply(object("a", "1", "9")));
        assert!(!kept.apply(object("a", "1", "10")));
        assert!(kept.apply(object("a", "2", "5")), "another object of that name");
        assert!(!kept.delete(&object("a", "1", "11")));
        assert!(kept.delete(&object("a", "2", "11")));
    }

    #[test]
    fn a_list_takes_away_what_it_does_not_have_and_keeps_what_is_newer() {
        let mut kept = Kept::default();
        kept.apply(object("a", "1", "10"));
        kept.apply(object("b", "2", "20"));
        kept.begin_list();
        kept.list(object("b", "2", "15"));
        kept.list(object("c", "3", "16"));
        assert_eq!(kept.end_list().len(), 3);
        assert!(kept.get(&Key::new("shop", "a")).is_none());
        let b = kept.get(&Key::new("shop", "b")).unwrap();
        assert_eq!(b.metadata.resource_version.as_deref(), Some("20"));
        assert_eq!(kept.in_namespace("shop").count(), 2);
        assert_eq!(kept.in_namespace("sho").count(), 0);
    }
}
