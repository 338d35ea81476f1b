//! Pods that are missing: a lost pod comes back on its own revision, what is due is made on the new one.

use std::collections::BTreeSet;

use super::{Act, Set, SetPlan};
use crate::pod::PodView;
use crate::template::{Identity, build_pod, name_suffix};

/// Makes what is missing. `all` are the names that are taken, `alive` what counts.
pub(super) fn missing(set: &Set, all: &[PodView], alive: &[&PodView], plan: &mut SetPlan) {
    let mut taken: BTreeSet<String> = all.iter().map(|pod| pod.name.clone()).collect();
    let mut updated = alive.iter().filter(|pod| pod.revision == set.identity.revision).count();
    for _ in alive.len()..set.replicas as usize {
        let is_due = updated < set.updated_target as usize;
        let revision = if is_due { &set.identity.revision } else { old_revision(set) };
        let Some(template) = set.templates.get(revision) else {
            plan.missing_templates.insert(revision.clone());
            continue;
        };
        updated += usize::from(*revision == set.identity.revision);
        let identity = Identity { revision: revision.clone(), ..set.identity.clone() };
        let name = free_name(set, revision, &taken);
        taken.insert(name.clone());
        let pod = build_pod(template, &identity, true);
        plan.acts.push(Act::Create { name, revision: revision.clone(), pod });
    }
}

/// The revision of pods that should not be updated yet.
fn old_revision(set: &Set) -> &String {
    if set.current_revision.is_empty() || set.lost.contains(&set.current_revision) {
        return &set.identity.revision;
    }
    &set.current_revision
}

/// The first name that nobody has. It follows from set, revision and number alone, so that a view without the newest
/// pods leads to a name that exists, and never to a second pod.
fn free_name(set: &Set, revision: &str, taken: &BTreeSet<String>) -> String {
    let mut number = 0;
    loop {
        let name = format!("{}-{}", set.name, name_suffix(&[&set.uid, revision], number));
        if !taken.contains(&name) {
            return name;
        }
        number += 1;
    }
}
