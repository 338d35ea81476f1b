//! Which Works to write and delete: what is wanted against what there is, by the core's rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crds::federation::{Carried, DeletionPolicy, ObjectRef, Work, WorkSpec};
use crds::names;
use federation_core::placement::Present;
use federation_core::work::{self as core, Action, DesiredWork, ObjectName, ObservedWork, plan_works};
use model::ClusterName;
use model::release::{GroupIndex, ReleaseSeq};

use super::is_settled;
use crate::observe::FleetFacts;

/// Name of a Work.
pub type WorkName = String;

/// What one cluster should hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The whole spec but for `prune`.
    pub spec: WorkSpec,
    /// Objects that it makes.
    pub contents: BTreeSet<ObjectName>,
}

/// Writes, by cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Works to make or change, whole.
    pub apply: BTreeMap<ClusterName, WorkSpec>,
    /// Works to delete, with the policy they must have then.
    pub delete: BTreeMap<ClusterName, DeletionPolicy>,
    /// Works that are not as wanted because they are on their way out.
    pub waiting: Vec<ClusterName>,
}

/// Templates whose object must be known before a plan can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedNames(pub Vec<String>);

/// Compares. `object` gives the object of a template, or `None` when that is not known yet; `given_up` are clusters
/// that a successful placement has rejected.
pub fn plan(
    wanted: &BTreeMap<ClusterName, Wanted>,
    works: &BTreeMap<ClusterName, Arc<Work>>,
    given_up: &BTreeSet<ClusterName>,
    policy: DeletionPolicy,
    object: impl Fn(&str) -> Option<Option<ObjectName>>,
) -> Result<Plan, NeedNames> {
    let desired = wanted.iter().map(|(cluster, wanted)| (cluster.clone(), desired_work(wanted))).collect();
    let mut observed = BTreeMap::new();
    let mut missing = Vec::new();
    for (cluster, work) in works {
        // Same objects as wanted: their names are known without a look.
        let same = wanted.get(cluster).filter(|wanted| {
            wanted.spec.template_ref == work.spec.template_ref && wanted.spec.carried == work.spec.carried
        });
        let contents = match same {
            Some(wanted) => wanted.contents.clone(),
            None => contents(&work.spec, &object, &mut missing),
        };
        observed.insert(cluster.clone(), observed_work(work, contents));
    }
    if !missing.is_empty() {
        return Err(NeedNames(missing));
    }
    let core_plan = plan_works(&desired, &observed, given_up, core_policy(policy));
    let mut plan = Plan::default();
    for action in core_plan.actions {
        match action {
            Action::Create { cluster, .. } => apply(&mut plan, wanted, cluster, BTreeSet::new()),
            Action::Update { cluster, prune, .. } => apply(&mut plan, wanted, cluster, prune),
            Action::Delete { cluster, .. } => {
                plan.delete.insert(cluster, policy);
            }
        }
    }
    let on_their_way_out = works.iter().filter(|(_, work)| work.metadata.deletion_timestamp.is_some());
    plan.waiting =
        on_their_way_out.map(|(cluster, _)| cluster.clone()).filter(|c| wanted.contains_key(c)).collect();
    Ok(plan)
}

fn apply(
    plan: &mut Plan,
    wanted: &BTreeMap<ClusterName, Wanted>,
    cluster: ClusterName,
    prune: BTreeSet<ObjectName>,
) {
    let Some(found) = wanted.get(&cluster) else { return };
    let prune = prune.into_iter().map(object_ref).collect();
    plan.apply.insert(cluster, WorkSpec { prune, ..found.spec.clone() });
}

fn desired_work(wanted: &Wanted) -> DesiredWork {
    comparable(&wanted.spec, wanted.contents.clone())
}

fn observed_work(work: &Work, contents: BTreeSet<ObjectName>) -> ObservedWork {
    let prune: BTreeSet<ObjectName> = work.spec.prune.iter().map(object_name).collect();
    // The agent counts a generation as observed only when all that must go is gone.
    let pruned = if is_settled(work) { prune.clone() } else { BTreeSet::new() };
    let is_deleting = work.metadata.deletion_timestamp.is_some();
    ObservedWork { work: comparable(&work.spec, contents), prune, pruned, is_deleting }
}

/// A spec in the core's words; everything the core does not look into goes into one text.
fn comparable(spec: &WorkSpec, contents: BTreeSet<ObjectName>) -> DesiredWork {
    let rest = serde_json::json!([spec.difference, spec.carried, spec.conflict, spec.paused]);
    DesiredWork {
        template: spec.template_ref.clone(),
        difference: rest.to_string(),
        contents,
        seq: ReleaseSeq(u64::try_from(spec.release_seq).unwrap_or(0)),
        open_group: GroupIndex(u32::try_from(spec.open_group).unwrap_or(0)),
        policy: core_policy(spec.deletion_policy),
    }
}

const fn core_policy(policy: DeletionPolicy) -> core::DeletionPolicy {
    match policy {
        DeletionPolicy::Delete => core::DeletionPolicy::Delete,
        DeletionPolicy::Orphan => core::DeletionPolicy::Orphan,
    }
}

fn contents(
    spec: &WorkSpec,
    object: &impl Fn(&str) -> Option<Option<ObjectName>>,
    missing: &mut Vec<String>,
) -> BTreeSet<ObjectName> {
    let mut found = BTreeSet::new();
    let templates = spec.carried.iter().filter_map(|carried| carried.template_ref.as_ref());
    for template in templates.chain([&spec.template_ref]) {
        match object(template) {
            Some(name) => found.extend(name),
            None => missing.push(template.clone()),
        }
    }
    found.extend(spec.carried.iter().filter_map(copied_secret));
    found
}

/// Name of a Secret's copy in the namespace of a cluster: `NAMESPACE.NAME`. A namespace has no dots.
pub fn secret_copy(namespace: &str, name: &str) -> String {
    format!("{namespace}.{name}")
}

fn copied_secret(carried: &Carried) -> Option<ObjectName> {
    let (namespace, name) = carried.secret_ref.as_ref()?.split_once('.')?;
    Some(ObjectName {
        api_version: "v1".into(),
        kind: "Secret".into(),
        namespace: namespace.into(),
        name: name.into(),
    })
}

fn object_ref(name: ObjectName) -> ObjectRef {
    let ObjectName { api_version, kind, namespace, name } = name;
    ObjectRef { api_version, kind, namespace, name }
}

fn object_name(reference: &ObjectRef) -> ObjectName {
    let ObjectRef { api_version, kind, namespace, name } = reference.clone();
    ObjectName { api_version, kind, namespace, name }
}

/// Cells where a source is already, as its Works say; those on their way out do not count.
pub fn present(works: &BTreeMap<ClusterName, Arc<Work>>, fleet: &FleetFacts) -> Present {
    let mut present = Present::new();
    for (cluster, work) in works.iter().filter(|(_, work)| work.metadata.deletion_timestamp.is_none()) {
        for label in work.spec.difference.cells.keys() {
            if let Some(cell) = fleet.cell(cluster, label) {
                present.insert(cell, cluster.clone());
            }
        }
    }
    present
}

/// The name of a source's Work in every cluster; one that would be too long ends in a digest.
pub(super) fn work_name(kind: &str, namespace: &str, name: &str) -> WorkName {
    let whole = names::work_name(kind, namespace, name);
    if whole.len() <= 253 { whole } else { core::work_name(kind, namespace, name) }
}

/// Whether a Work says something else than `spec`, which is whole.
pub(super) fn differs(work: &Work, spec: &WorkSpec) -> bool {
    work.spec != *spec
}

#[cfg(test)]
mod tests {
    use crds::federation::Difference;

    use super::*;

    fn name(kind: &str, name: &str) -> ObjectName {
        ObjectName { api_version: "v1".into(), kind: kind.into(), namespace: "n".into(), name: name.into() }
    }

    fn hz_a() -> ClusterName {
        ClusterName::new("hz-a").unwrap()
    }

    fn wanted(template: &str, objects: &[&str]) -> Wanted {
        let spec = WorkSpec { template_ref: template.into(), release_seq: 1, ..WorkSpec::default() };
        Wanted { spec, contents: objects.iter().map(|object| name("ConfigMap", object)).collect() }
    }

    fn held(spec: WorkSpec) -> BTreeMap<ClusterName, Arc<Work>> {
        let mut work = Work::new("w", spec);
        work.metadata.generation = Some(1);
        [(hz_a(), Arc::new(work))].into()
    }

    fn run(
        wanted: &[(ClusterName, Wanted)],
        works: &BTreeMap<ClusterName, Arc<Work>>,
    ) -> Result<Plan, NeedNames> {
        let known = |template: &str| (template == "old").then(|| Some(name("ConfigMap", "old")));
        let given_up = if wanted.is_empty() { [hz_a()].into() } else { BTreeSet::new() };
        plan(&wanted.iter().cloned().collect(), works, &given_up, DeletionPolicy::Delete, known)
    }

    #[test]
    fn what_is_right_is_left_alone_and_a_change_is_written() {
        let one = wanted("t", &["a"]);
        let works = held(one.spec.clone());
        assert_eq!(run(&[(hz_a(), one.clone())], &works).unwrap(), Plan::default());
        let mut other = one;
        other.spec.difference = Difference { replicas: Some(3), ..Difference::default() };
        let plan = run(&[(hz_a(), other.clone())], &works).unwrap();
        assert_eq!(plan.apply[&hz_a()], other.spec);
    }

    #[test]
    fn an_object_of_before_is_pruned_by_name() {
        let works = held(wanted("old", &[]).spec);
        let plan = run(&[(hz_a(), wanted("new", &["new"]))], &works).unwrap();
        let prune: Vec<_> = plan.apply[&hz_a()].prune.iter().map(|object| object.name.as_str()).collect();
        assert_eq!(prune, ["old"]);
    }

    #[test]
    fn a_secret_that_no_longer_goes_along_is_pruned_by_its_own_name() {
        let mut spec = wanted("t", &[]).spec;
        spec.carried = vec![Carried { template_ref: None, secret_ref: Some(secret_copy("n", "db.v1")) }];
        let known = |_: &str| Some(None);
        let wanted = [(hz_a(), wanted("t", &[]))].into();
        let plan = plan(&wanted, &held(spec), &BTreeSet::new(), DeletionPolicy::Delete, known).unwrap();
        assert_eq!(object_name(&plan.apply[&hz_a()].prune[0]), name("Secret", "db.v1"));
    }

    #[test]
    fn unknown_templates_are_asked_for_and_a_cluster_given_up_is_deleted() {
        let works = held(wanted("unread", &[]).spec);
        assert_eq!(run(&[(hz_a(), wanted("t", &[]))], &works), Err(NeedNames(vec!["unread".into()])));
        let works = held(wanted("old", &[]).spec);
        assert_eq!(run(&[], &works).unwrap().delete, [(hz_a(), DeletionPolicy::Delete)].into());
    }
}
