//! What hinders a namespace from going, in upstream's words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::authn::service_account::timestamp;

/// Objects of one kind that are still there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    objects: usize,
    finalizers: BTreeMap<String, usize>,
}

impl Remains {
    /// Counts one object with its finalizers.
    pub fn add<'a>(&mut self, finalizers: impl Iterator<Item = &'a str>) {
        self.objects += 1;
        for finalizer in finalizers {
            *self.finalizers.entry(finalizer.to_owned()).or_default() += 1;
        }
    }
}

/// What one round over all kinds found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    kinds: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
    failures: Vec<String>,
}

/// Type, reason and message of each condition while all is well, in upstream's order.
const WELL: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

impl Findings {
    /// Adds what is left of one kind, named `plural.group`.
    pub fn add(&mut self, kind: String, remains: Remains) {
        if remains.objects > 0 {
            self.kinds.insert(kind, remains.objects);
        }
        for (finalizer, count) in remains.finalizers {
            *self.finalizers.entry(finalizer).or_default() += count;
        }
    }

    /// Adds a kind whose objects could not be deleted or counted.
    pub fn failed(&mut self, why: String) {
        self.failures.push(why);
    }

    /// Whether nothing is left and nothing failed.
    pub fn is_clean(&self) -> bool {
        self.kinds.is_empty() && self.failures.is_empty()
    }

    /// The conditions to write, or `None` if `existing` says all that already. Conditions of other types
    /// stay; a transition time changes with its status alone.
    pub fn conditions(&self, existing: &Value, now: i64) -> Option<Value> {
        let mut list: Vec<Value> = existing.as_array().cloned().unwrap_or_default();
        for (kind, reason, message) in WELL {
            let (status, reason, message) = match self.trouble(kind) {
                Some((reason, message)) => ("True", reason, message),
                None => ("False", reason, message.to_owned()),
            };
            let fresh = json!({
                "type": kind, "status": status, "reason": reason, "message": message,
                "lastTransitionTime": timestamp(now),
            });
            match list.iter_mut().find(|c| c["type"] == kind) {
                None => list.push(fresh),
                Some(old) if ["status", "reason", "message"].iter().all(|f| old[f] == fresh[f]) => {}
                Some(old) => {
                    let since = if old["status"] == fresh["status"] {
                        old["lastTransitionTime"].take()
                    } else {
                        Value::Null
                    };
                    *old = fresh;
                    if !since.is_null() {
                        old["lastTransitionTime"] = since;
                    }
                }
            }
        }
        let next = Value::Array(list);
        (next != *existing).then_some(next)
    }

    fn trouble(&self, kind: &str) -> Option<(&'static str, String)> {
        let joined = |texts: Vec<String>| texts.join(", ");
        match kind {
            "NamespaceDeletionContentFailure" if !self.failures.is_empty() => {
                let mut failures = self.failures.clone();
                failures.sort_unstable();
                let text = format!(
                    "Failed to delete all resource types, {} remaining: {}",
                    failures.len(),
                    joined(failures)
                );
                Some(("ContentDeletionFailed", text))
            }
            "NamespaceContentRemaining" if !self.kinds.is_empty() => {
                let texts = self.kinds.iter().map(|(kind, n)| format!("{kind} has {n} resource instances"));
                let text = format!("Some resources are remaining: {}", joined(texts.collect()));
                Some(("SomeResourcesRemain", text))
            }
            "NamespaceFinalizersRemaining" if !self.finalizers.is_empty() => {
                let texts = self.finalizers.iter().map(|(f, n)| format!("{f} in {n} resource instances"));
                let text = format!(
                    "Some content in the namespace has finalizers remaining: {}",
                    joined(texts.collect())
                );
                Some(("SomeFinalizersRemain", text))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_reads_as_upstream_words_it() {
        let mut found = Findings::default();
        let mut pods = Remains::default();
        pods.add(["a/b"].into_iter());
        pods.add(std::iter::empty());
        found.add("pods.".into(), pods);
        found.add("secrets.".into(), Remains::default());
        assert!(!found.is_clean());
        let conditions = found.conditions(&Value::Null, 0).expect("all are new");
        let texts: Vec<_> =
            conditions.as_array().expect("a list").iter().map(|c| c["message"].as_str()).collect();
        assert_eq!(texts[3], Some("Some resources are remaining: pods. has 2 resource instances"));
        assert_eq!(
            texts[4],
            Some("Some content in the namespace has finalizers remaining: a/b in 1 resource instances")
        );
        assert_eq!(conditions[2]["status"], "False");
        assert_eq!(found.conditions(&conditions, 5), None, "nothing changed");

        let clean = Findings::default().conditions(&conditions, 9).expect("some changed");
        assert_eq!(clean[3]["lastTransitionTime"], "1970-01-01T00:00:09Z");
        assert_eq!(clean[0]["lastTransitionTime"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn failures_keep_a_namespace() {
        let mut found = Findings::default();
        found.failed("b".into());
        found.failed("a".into());
        assert!(!found.is_clean());
        let conditions =
            found.conditions(&json!([{ "type": "Mine", "status": "True" }]), 0).expect("are new");
        assert_eq!(conditions[0]["type"], "Mine");
        assert_eq!(conditions[3]["message"], "Failed to delete all resource types, 2 remaining: a, b");
    }
}
