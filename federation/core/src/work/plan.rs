//! Which Works to create, change and delete for one application.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::ClusterName;
use model::release::{GroupIndex, ReleaseSeq};

use crate::report::Report;

/// What happens in the member when a Work is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DeletionPolicy {
    /// Its objects are deleted.
    Delete,
    /// Its objects stay and are nobody's.
    Orphan,
}

/// An object that a Work brings into a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectName {
    /// Group and version (`v1`, `apps.cafefed.dev/v1alpha1`).
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// What one cluster must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredWork {
    /// The template's name; see [`super::template_name`].
    pub template: String,
    /// What this cluster changes in it, in canonical form; equal text means equal.
    pub difference: String,
    /// Objects that template and difference make.
    pub contents: BTreeSet<ObjectName>,
    /// The release.
    pub seq: ReleaseSeq,
    /// Groups up to this one may run.
    pub open_group: GroupIndex,
    /// What happens in the member when the Work goes.
    pub policy: DeletionPolicy,
}

/// A Work that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedWork {
    /// What it says now.
    pub work: DesiredWork,
    /// Names that it tells the agent to remove.
    pub prune: BTreeSet<ObjectName>,
    /// Names that the agent says are removed, at what the Work says now.
    pub pruned: BTreeSet<ObjectName>,
    /// Whether it is being deleted.
    pub is_deleting: bool,
}

/// What a Work tells the agent to remove: positive, by name.
pub type PrunePlan = BTreeSet<ObjectName>;

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Make a Work.
    Create {
        /// In whose namespace.
        cluster: ClusterName,
        /// What it says.
        work: DesiredWork,
    },
    /// Change a Work.
    Update {
        /// In whose namespace.
        cluster: ClusterName,
        /// What it says now.
        work: DesiredWork,
        /// Names to remove, those of before included until the agent says they are gone.
        prune: PrunePlan,
    },
    /// Delete a Work. The agent acts by its policy.
    Delete {
        /// In whose namespace.
        cluster: ClusterName,
        /// The policy to write first, when the Work has another one.
        policy: DeletionPolicy,
    },
}

/// Why a Work is left as it is, although nothing asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// No placement gave the cluster up: what is missing deletes nothing (I21).
    NoInstruction,
    /// It is being deleted already.
    Deleting,
    /// It is wanted again, but is being deleted: it is made again when it is gone.
    WantedAgain,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoInstruction => "kept: no placement has given this cluster up",
            Self::Deleting => "is being deleted",
            Self::WantedAgain => "is being deleted and will be made again",
        })
    }
}

/// The writes, in order by cluster, and what was left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkPlan {
    /// Creates and updates first, then deletes.
    pub actions: Vec<Action>,
    /// Templates that must exist before the actions are carried out.
    pub templates: BTreeSet<String>,
    /// Works without an action, and why; one that is right already is not listed.
    pub report: Report<Kept>,
}

/// Plans the Works of one application. `desired` is what placement and division made; `given_up` are clusters that
/// the application was in and that a successful placement has rejected.
#[must_use]
pub fn plan_works(
    desired: &BTreeMap<ClusterName, DesiredWork>,
    observed: &BTreeMap<ClusterName, ObservedWork>,
    given_up: &BTreeSet<ClusterName>,
    policy: DeletionPolicy,
) -> WorkPlan {
    let mut plan = WorkPlan { actions: Vec::new(), templates: BTreeSet::new(), report: Report::default() };
    for (cluster, work) in desired {
        plan.templates.insert(work.template.clone());
        match observed.get(cluster) {
            None => plan.actions.push(Action::Create { cluster: cluster.clone(), work: work.clone() }),
            Some(observed) if observed.is_deleting => plan.report.add(cluster, Kept::WantedAgain),
            Some(observed) => {
                let prune = prune(work, observed);
                if observed.work != *work || observed.prune != prune {
                    let (cluster, work) = (cluster.clone(), work.clone());
                    plan.actions.push(Action::Update { cluster, work, prune });
                }
            }
        }
    }
    for (cluster, observed) in observed.iter().filter(|(cluster, _)| !desired.contains_key(*cluster)) {
        if observed.is_deleting {
            plan.report.add(cluster, Kept::Deleting);
        } else if given_up.contains(cluster) {
            plan.actions.push(Action::Delete { cluster: cluster.clone(), policy });
        } else {
            plan.report.add(cluster, Kept::NoInstruction);
        }
    }
    plan
}

/// What was in the Work and must go: names of before that are not among the new ones, and names still to be
/// removed that nobody wants again. With policy Orphan nothing is removed.
fn prune(work: &DesiredWork, observed: &ObservedWork) -> PrunePlan {
    if work.policy == DeletionPolicy::Orphan {
        return PrunePlan::new();
    }
    let pending = observed.prune.difference(&observed.pruned);
    pending.chain(&observed.work.contents).filter(|name| !work.contents.contains(*name)).cloned().collect()
}

#[cfg(test)]
mod tests;
