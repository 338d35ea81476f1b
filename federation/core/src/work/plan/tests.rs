//! Works are made, changed and pruned by name, and never lost in silence.

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

fn plan(desired: &[(&str, DesiredWork)], observed: &[(&str, ObservedWork)], given_up: &[&str]) -> WorkPlan {
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
    assert_eq!(plan.report.to_string(), "a: is being deleted and will be made again; b: is being deleted");
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
