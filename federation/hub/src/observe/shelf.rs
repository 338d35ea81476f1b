//! Objects of one kind by name. A version that is older than the one held is ignored, so that what this process wrote
//! itself is not taken back by a watch event that was on its way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kube::{Resource, ResourceExt};

use super::ObjectKey;

/// Objects of one kind.
#[derive(Debug)]
pub struct Shelf<K> {
    objects: BTreeMap<ObjectKey, Arc<K>>,
}

impl<K> Default for Shelf<K> {
    fn default() -> Self {
        Self { objects: BTreeMap::new() }
    }
}

/// What a change did: before and after.
#[derive(Debug)]
pub struct Change<K> {
    /// What was held.
    pub old: Option<Arc<K>>,
    /// What is held now.
    pub new: Option<Arc<K>>,
}

impl<K: Resource> Shelf<K> {
    /// Puts an object in; `None` when what is held is as new.
    pub fn put(&mut self, object: K) -> Option<Change<K>> {
        let key = ObjectKey::of(&object);
        let old = self.objects.get(&key).cloned();
        if let Some(old) = &old
            && old.uid() == object.uid()
            && !is_newer(object.meta().resource_version.as_deref(), old.meta().resource_version.as_deref())
        {
            return None;
        }
        let new = Arc::new(object);
        self.objects.insert(key, new.clone());
        Some(Change { old, new: Some(new) })
    }

    /// Takes an object out, unless another one of its name is held.
    pub fn take(&mut self, key: &ObjectKey, uid: Option<&str>) -> Option<Change<K>> {
        let held = self.objects.get(key)?;
        if uid.is_some() && held.uid().as_deref() != uid {
            return None;
        }
        Some(Change { old: self.objects.remove(key), new: None })
    }

    /// Names of objects that are held and not among `listed`.
    pub fn others(&self, listed: &BTreeSet<ObjectKey>) -> Vec<ObjectKey> {
        self.objects.keys().filter(|key| !listed.contains(*key)).cloned().collect()
    }

    /// The object of that name.
    pub fn get(&self, key: &ObjectKey) -> Option<&Arc<K>> {
        self.objects.get(key)
    }

    /// All objects by name.
    pub fn values(&self) -> impl Iterator<Item = &Arc<K>> {
        self.objects.values()
    }

    /// All names.
    pub fn keys(&self) -> impl Iterator<Item = &ObjectKey> {
        self.objects.keys()
    }
}

/// Resource versions are compared as numbers, which Kubernetes 1.35 promises they are; what is none counts as newer.
fn is_newer(new: Option<&str>, old: Option<&str>) -> bool {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
    match (number(new), number(old)) {
        (Some(new), Some(old)) => new > old,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    fn object(uid: &str, version: &str) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.name = Some("a".into());
        object.metadata.uid = Some(uid.into());
        object.metadata.resource_version = Some(version.into());
        object
    }

    #[test]
    fn an_older_version_does_not_take_back_a_newer_one() {
        let mut shelf = Shelf::default();
        assert!(shelf.put(object("u", "10")).is_some());
        assert!(shelf.put(object("u", "9")).is_none());
        assert!(shelf.put(object("u", "10")).is_none());
        assert!(shelf.put(object("u", "11")).is_some());
        assert!(shelf.put(object("made anew", "5")).is_some(), "another object of that name");
    }

    #[test]
    fn a_late_deletion_of_another_object_is_ignored() {
        let mut shelf = Shelf::default();
        shelf.put(object("new", "10"));
        let key = ObjectKey::new("", "a");
        assert!(shelf.take(&key, Some("old")).is_none());
        assert!(shelf.take(&key, Some("new")).is_some());
    }
}
