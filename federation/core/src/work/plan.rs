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
mod tests {
    use super::*;
    use crate::fleet::tests::cluster;
    use proptest::prelude::*;

    fn object(name: &str) -> ObjectName {
        let text = str::to_owned;
        ObjectName {
            api_version: text("v1"),
            kind: text("ConfigMap"),
            namespace: text("default"),
            name: text(name),
        }
    }

    fn work(template: &str, contents: &[&str]) -> DesiredWork {
        DesiredWork {
            template: template.to_owned(),
            difference: String::new(),
            contents: contents.iter().map(|name| object(name)).collect(),
            seq: ReleaseSeq(1),
            open_group: GroupIndex(0),
            policy: DeletionPolicy::Delete,
        }
    }

    fn there(work: DesiredWork) -> ObservedWork {
        ObservedWork { work, prune: BTreeSet::new(), pruned: BTreeSet::new(), is_deleting: false }
    }

    fn plan(
        desired: &[(&str, DesiredWork)],
        observed: &[(&str, ObservedWork)],
        given_up: &[&str],
    ) -> WorkPlan {
        plan_works(
            &desired.iter().map(|(name, work)| (cluster(name), work.clone())).collect(),
            &observed.iter().map(|(name, work)| (cluster(name), work.clone())).collect(),
            &given_up.iter().map(|name| cluster(name)).collect(),
            DeletionPolicy::Delete,
        )
    }

    #[test]
    fn creates_updates_and_leaves_alone() {
        let plan = plan(
            &[("a", work("t2", &[])), ("b", work("t2", &[])), ("c", work("t2", &[]))],
            &[("a", there(work("t1", &[]))), ("b", there(work("t2", &[])))],
            &[],
        );
        let update = Action::Update { cluster: cluster("a"), work: work("t2", &[]), prune: PrunePlan::new() };
        assert_eq!(plan.actions, [update, Action::Create { cluster: cluster("c"), work: work("t2", &[]) }]);
        assert_eq!(plan.templates.len(), 1);
    }

    #[test]
    fn i21_only_a_cluster_that_was_given_up_loses_its_work() {
        let observed = [("a", there(work("t", &[]))), ("b", there(work("t", &[])))];
        let plan = plan(&[], &observed, &["a"]);
        let delete = Action::Delete { cluster: cluster("a"), policy: DeletionPolicy::Delete };
        assert_eq!(plan.actions, [delete]);
        assert_eq!(plan.report.to_string(), "b: kept: no placement has given this cluster up");
    }

    #[test]
    fn what_was_in_it_is_pruned_by_name_until_it_is_gone() {
        let prune = |plan: &WorkPlan| match plan.actions.as_slice() {
            [Action::Update { prune, .. }] => prune.iter().map(|name| name.name.clone()).collect(),
            [] => vec!["no action".to_owned()],
            other => panic!("{other:?}"),
        };
        let wanted = [("a", work("t", &["x"]))];
        let mut seen = there(work("t0", &["x", "y"]));
        assert_eq!(prune(&plan(&wanted, &[("a", seen.clone())], &[])), ["y"]);
        seen.work = work("t", &["x"]);
        seen.prune = BTreeSet::from([object("y")]);
        assert_eq!(prune(&plan(&wanted, &[("a", seen.clone())], &[])), ["no action"]);
        seen.pruned = BTreeSet::from([object("y")]);
        assert_eq!(prune(&plan(&wanted, &[("a", seen.clone())], &[])), Vec::<String>::new());
        // Wanted again before it is gone: it is not removed.
        seen.pruned.clear();
        assert_eq!(prune(&plan(&[("a", work("t", &["x", "y"]))], &[("a", seen)], &[])), Vec::<String>::new());
    }

    #[test]
    fn one_that_is_being_deleted_is_waited_for() {
        let mut going = there(work("t", &[]));
        going.is_deleting = true;
        let plan = plan(&[("a", work("t", &[]))], &[("a", going.clone()), ("b", going)], &["b"]);
        assert!(plan.actions.is_empty());
        assert_eq!(
            plan.report.to_string(),
            "a: is being deleted and will be made again; b: is being deleted"
        );
    }

    proptest! {
        #[test]
        fn a_plan_carried_out_leaves_nothing_to_do(
            desired in proptest::collection::btree_map("[a-d]", ("[tu]", proptest::collection::btree_set("[x-z]", 0..3)), 0..4),
            observed in proptest::collection::btree_map("[a-d]", ("[tu]", proptest::collection::btree_set("[x-z]", 0..3)), 0..4),
            given_up in proptest::collection::btree_set("[a-d]", 0..4),
        ) {
            let make = |(template, contents): &(String, BTreeSet<String>)| {
                work(template, &contents.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let desired: BTreeMap<_, _> = desired.iter().map(|(name, it)| (cluster(name), make(it))).collect();
            let mut world: BTreeMap<_, _> =
                observed.iter().map(|(name, it)| (cluster(name), there(make(it)))).collect();
            let given_up: BTreeSet<_> = given_up.iter().map(|name| cluster(name)).collect();
            let plan = plan_works(&desired, &world, &given_up, DeletionPolicy::Delete);
            for action in plan.actions {
                match action {
                    Action::Create { cluster, work } => {
                        prop_assert!(world.insert(cluster, there(work)).is_none());
                    }
                    Action::Update { cluster, work, prune } => {
                        let seen = world.get_mut(&cluster).unwrap();
                        // Nothing vanishes in silence: what is no longer wanted is pruned by name.
                        for name in seen.work.contents.difference(&work.contents) {
                            prop_assert!(prune.contains(name));
                        }
                        (seen.work, seen.prune) = (work, prune);
                    }
                    Action::Delete { cluster, .. } => {
                        prop_assert!(given_up.contains(&cluster));
                        world.remove(&cluster);
                    }
                }
            }
            prop_assert_eq!(plan_works(&desired, &world, &given_up, DeletionPolicy::Delete).actions, Vec::new());
        }
    }
}
