//! Of each kind: where it is kept, and who is touched by a change.

use std::fmt::Debug;
use std::sync::Arc;

use crds::convert::rule_set;
use crds::federation::{
    Confirmation, ConfirmationKind, FederatedDeployment, FederatedResource, MemberCluster, Work,
};
use crds::ldc::{DeployUnit, LogicalUnit, RuleSet};
use kube::{Resource, ResourceExt};
use serde::de::DeserializeOwned;

use super::world::{Facts, Rules};
use super::{DependencyKey, ObjectKey, Shelf, Subject};

/// Who is touched by a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Nobody.
    Nobody,
    /// These.
    These(Vec<Subject>),
    /// All sources: what they are placed on has changed.
    Everybody,
}

/// A kind that is watched.
pub(crate) trait Watched:
    Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static
{
    /// Where its objects are kept.
    fn shelf(facts: &mut Facts) -> &mut Shelf<Self>;

    /// Keeps indices right and says who is touched.
    fn touches(facts: &mut Facts, old: Option<&Arc<Self>>, new: Option<&Arc<Self>>) -> Wake;
}

macro_rules! part_of_the_fleet {
    ($kind:ty, $field:ident) => {
        impl Watched for $kind {
            fn shelf(facts: &mut Facts) -> &mut Shelf<Self> {
                &mut facts.$field
            }

            fn touches(facts: &mut Facts, _: Option<&Arc<Self>>, _: Option<&Arc<Self>>) -> Wake {
                if facts.refresh_fleet() { Wake::Everybody } else { Wake::Nobody }
            }
        }
    };
}

part_of_the_fleet!(MemberCluster, clusters);
part_of_the_fleet!(LogicalUnit, units);
part_of_the_fleet!(DeployUnit, cells);

/// Name of the rule set in force; all others are its history.
const CURRENT: &str = "current";
impl Watched for RuleSet {
    fn shelf(facts: &mut Facts) -> &mut Shelf<Self> {
        &mut facts.rule_sets
    }

    fn touches(facts: &mut Facts, old: Option<&Arc<Self>>, new: Option<&Arc<Self>>) -> Wake {
        if old.or(new).is_none_or(|object| object.name_any() != CURRENT) {
            return Wake::Nobody;
        }
        if old.map(|old| &old.spec.digest) == new.map(|new| &new.spec.digest) {
            return Wake::Nobody;
        }
        facts.rules = match new.map(|object| rule_set(object)) {
            None => Rules::None,
            Some(Ok(rules)) => Rules::InForce(Arc::new(rules)),
            Some(Err(error)) => {
                tracing::error!(%error, "the rule set in force cannot be believed");
                Rules::Broken(error)
            }
        };
        Wake::Everybody
    }
}
impl Watched for FederatedDeployment {
    fn shelf(facts: &mut Facts) -> &mut Shelf<Self> {
        &mut facts.applications
    }

    fn touches(facts: &mut Facts, old: Option<&Arc<Self>>, new: Option<&Arc<Self>>) -> Wake {
        let Some(some) = new.or(old) else { return Wake::Nobody };
        let key = ObjectKey::of(some.as_ref());
        let along = |object: Option<&Arc<Self>>| -> Vec<DependencyKey> {
            let dependencies = object.map(|object| object.spec.dependencies.as_slice()).unwrap_or_default();
            let key_of = |name: &String| ObjectKey::new(key.namespace.as_str(), name.as_str());
            dependencies.iter().map(|d| DependencyKey { kind: d.kind, object: key_of(&d.name) }).collect()
        };
        facts.versions.uses(&key, &along(old), &along(new));
        Wake::These(vec![Subject::Application(key)])
    }
}
impl Watched for FederatedResource {
    fn shelf(facts: &mut Facts) -> &mut Shelf<Self> {
        &mut facts.resources
    }

    fn touches(_: &mut Facts, old: Option<&Arc<Self>>, new: Option<&Arc<Self>>) -> Wake {
        let Some(some) = new.or(old) else { return Wake::Nobody };
        Wake::These(vec![Subject::Resource(ObjectKey::of(some.as_ref()))])
    }
}
impl Watched for Work {
    fn shelf(facts: &mut Facts) -> &mut Shelf<Self> {
        &mut facts.works
    }

    fn touches(facts: &mut Facts, old: Option<&Arc<Self>>, new: Option<&Arc<Self>>) -> Wake {
        let (was, is) = (old.and_then(|w| Subject::of_work(w)), new.and_then(|w| Subject::of_work(w)));
        if let (Some(subject), Some(work)) = (&was, old) {
            unlist(&mut facts.works_of, subject, &ObjectKey::of(work.as_ref()));
        }
        if let (Some(subject), Some(work)) = (&is, new) {
            facts.works_of.entry(subject.clone()).or_default().insert(ObjectKey::of(work.as_ref()));
        }
        these([was, is])
    }
}
impl Watched for Confirmation {
    fn shelf(facts: &mut Facts) -> &mut Shelf<Self> {
        &mut facts.confirmations
    }

    fn touches(facts: &mut Facts, old: Option<&Arc<Self>>, new: Option<&Arc<Self>>) -> Wake {
        let (was, is) = (old.map(|c| confirmed(c)), new.map(|c| confirmed(c)));
        if let (Some(subject), Some(object)) = (&was, old) {
            unlist(&mut facts.confirmations_of, subject, &ObjectKey::of(object.as_ref()));
        }
        if let (Some(subject), Some(object)) = (&is, new) {
            facts.confirmations_of.entry(subject.clone()).or_default().insert(ObjectKey::of(object.as_ref()));
        }
        these([was, is])
    }
}

fn confirmed(confirmation: &Confirmation) -> Subject {
    let target = &confirmation.spec.target;
    match target.kind {
        ConfirmationKind::FederatedDeployment => Subject::Application(ObjectKey::new(
            confirmation.namespace().unwrap_or_default(),
            target.name.as_str(),
        )),
    }
}

fn unlist(
    index: &mut std::collections::BTreeMap<Subject, std::collections::BTreeSet<ObjectKey>>,
    subject: &Subject,
    key: &ObjectKey,
) {
    if let Some(keys) = index.get_mut(subject) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(subject);
        }
    }
}

fn these(subjects: [Option<Subject>; 2]) -> Wake {
    let mut subjects: Vec<Subject> = subjects.into_iter().flatten().collect();
    subjects.dedup();
    if subjects.is_empty() { Wake::Nobody } else { Wake::These(subjects) }
}

#[cfg(test)]
mod tests {
    use crds::federation::WorkSpec;
    use crds::names;

    use super::super::World;
    use super::super::fleet::tests::{cell, cluster, unit};
    use super::*;

    fn work(cluster: &str, version: &str) -> Work {
        let mut work = Work::new("w", WorkSpec::default());
        work.metadata.namespace = Some(names::cluster_namespace(cluster));
        work.metadata.uid = Some(cluster.into());
        work.metadata.resource_version = Some(version.into());
        let labels = [
            (names::SOURCE_KIND, "FederatedDeployment"),
            (names::SOURCE_NAMESPACE, "default"),
            (names::SOURCE_NAME, "shop"),
        ];
        work.metadata.labels = Some(labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        work
    }

    #[tokio::test]
    async fn a_work_wakes_its_source_alone() {
        let world = World::default();
        world.put(FederatedDeployment { metadata: meta("web"), ..Default::default() });
        let web = world.queue.next().await;
        world.queue.done(&web);
        world.put(work("hz-a", "1"));
        let shop = ObjectKey::new("default", "shop");
        assert_eq!(world.queue.next().await, Subject::Application(shop.clone()));
        assert_eq!(world.queue.waiting(), 0, "web is not touched");
        assert_eq!(world.application(&shop).works.len(), 1);
        world.keep_only::<Work>(&Default::default());
        assert_eq!(world.application(&shop).works.len(), 0);
    }

    #[tokio::test]
    async fn the_fleet_wakes_everybody_only_when_placement_may_differ() {
        let world = World::default();
        world.put(cluster("hz-a", true));
        world.put(unit("rz00"));
        world.put(cell("rz00a", "hz-a"));
        world.put(FederatedDeployment { metadata: meta("web"), ..Default::default() });
        let web = world.queue.next().await;
        world.queue.done(&web);
        let mut beat = cluster("hz-a", true);
        beat.status.as_mut().unwrap().last_heartbeat = "2026-02-01T00:00:00Z".into();
        world.put(beat);
        assert_eq!(world.queue.waiting(), 0);
        world.put(cluster("hz-a", false));
        assert_eq!(world.queue.waiting(), 1);
    }

    fn meta(name: &str) -> kube::api::ObjectMeta {
        kube::api::ObjectMeta {
            name: Some(name.into()),
            namespace: Some("default".into()),
            ..Default::default()
        }
    }
}
