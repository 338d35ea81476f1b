//! Newest known versions of objects that can go along with an application: names and numbers only, no content.

use std::collections::{BTreeMap, BTreeSet};

use crds::federation::DependencyKind;

use super::ObjectKey;

/// One object that can go along.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DependencyKey {
    /// Its kind.
    pub kind: DependencyKind,
    /// Its namespace and name.
    pub object: ObjectKey,
}

/// Resource versions, and which applications an object goes along with.
#[derive(Debug, Default)]
pub struct Versions {
    known: BTreeMap<DependencyKey, String>,
    users: BTreeMap<DependencyKey, BTreeSet<ObjectKey>>,
}

impl Versions {
    /// A version was seen; returns the applications that it goes along with.
    pub fn saw(&mut self, key: DependencyKey, version: Option<String>) -> Vec<ObjectKey> {
        let users = self.users.get(&key).map(|users| users.iter().cloned().collect()).unwrap_or_default();
        match version {
            Some(version) => {
                if self.known.insert(key, version.clone()) == Some(version) {
                    return Vec::new();
                }
            }
            None => {
                self.known.remove(&key);
            }
        }
        users
    }

    /// The newest version seen.
    pub fn of(&self, key: &DependencyKey) -> Option<&str> {
        self.known.get(key).map(String::as_str)
    }

    /// Keys of one kind that are held and not among `listed`.
    pub fn others(&self, kind: DependencyKind, listed: &BTreeSet<ObjectKey>) -> Vec<DependencyKey> {
        let gone = |key: &&DependencyKey| key.kind == kind && !listed.contains(&key.object);
        self.known.keys().filter(gone).cloned().collect()
    }

    /// The objects that an application has along, instead of those of before.
    pub fn uses(&mut self, application: &ObjectKey, before: &[DependencyKey], now: &[DependencyKey]) {
        for key in before {
            if let Some(users) = self.users.get_mut(key) {
                users.remove(application);
                if users.is_empty() {
                    self.users.remove(key);
                }
            }
        }
        for key in now {
            self.users.entry(key.clone()).or_default().insert(application.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_version_touches_those_who_have_it_along() {
        let key = DependencyKey { kind: DependencyKind::ConfigMap, object: ObjectKey::new("n", "settings") };
        let shop = ObjectKey::new("n", "shop");
        let mut versions = Versions::default();
        assert!(versions.saw(key.clone(), Some("1".into())).is_empty());
        versions.uses(&shop, &[], std::slice::from_ref(&key));
        assert!(versions.saw(key.clone(), Some("1".into())).is_empty(), "seen already");
        assert_eq!(versions.saw(key.clone(), Some("2".into())), std::slice::from_ref(&shop));
        assert_eq!(versions.saw(key.clone(), None), std::slice::from_ref(&shop));
        assert_eq!(versions.of(&key), None);
        versions.uses(&shop, std::slice::from_ref(&key), &[]);
        assert!(versions.saw(key, Some("3".into())).is_empty());
    }
}
