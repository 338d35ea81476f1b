//! Tables for the judgement, and a simulated server for graph and judgement together.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::graph::{Deletion, Dependent, Graph, Item, Node, Owner, Seen, Uid};
use super::verdict::{OwnerState, Policy, Verdict, judge};
use super::{FOREGROUND, ORPHAN};

fn owner(uid: &str, blocks: bool) -> Owner {
    Owner { uid: uid.into(), api_version: "v1".into(), kind: "ConfigMap".into(), name: uid.into(), blocks }
}

fn node(name: &str, owners: Vec<Owner>, deletion: Deletion) -> Node {
    Node { kind: 0, namespace: "ns".into(), name: name.into(), owners: owners.into(), deletion }
}

fn dependent(uid: &str, blocks: bool, deletion: Deletion) -> Dependent {
    Dependent { uid: uid.into(), node: node(uid, Vec::new(), deletion), blocks }
}

#[test]
fn judgements() {
    use OwnerState::{Dangling, Solid, Unresolvable, Waiting};
    let plain = dependent("d", false, Deletion::None);
    let ending = dependent("e", true, Deletion::Foreground);
    let background = Verdict::Delete { policy: Policy::Background, unblock: false };
    let by_owners = |owners: &[OwnerState], finalizers: &[&str], dependents: &[Dependent]| {
        let owners: Vec<(Uid, OwnerState)> =
            owners.iter().enumerate().map(|(i, s)| (Uid::from(i.to_string()), *s)).collect();
        let finalizers: Vec<String> = finalizers.iter().map(|f| (*f).to_owned()).collect();
        judge(Deletion::None, &finalizers, &owners, dependents)
    };
    assert_eq!(by_owners(&[], &[], &[]), Verdict::Keep);
    assert_eq!(by_owners(&[Solid], &[], &[]), Verdict::Keep);
    assert_eq!(by_owners(&[Dangling], &[], &[]), background);
    assert_eq!(by_owners(&[Dangling, Dangling], &["other"], &[]), background);
    assert_eq!(
        by_owners(&[Solid, Dangling, Waiting], &[], &[]),
        Verdict::DropOwners(vec!["1".into(), "2".into()])
    );
    assert_eq!(by_owners(&[Waiting], &[], &[]), background);
    let foreground = |unblock| Verdict::Delete { policy: Policy::Foreground, unblock };
    assert_eq!(by_owners(&[Waiting], &[], std::slice::from_ref(&plain)), foreground(false));
    assert_eq!(by_owners(&[Waiting], &[], &[plain.clone(), ending.clone()]), foreground(true));
    assert_eq!(
        by_owners(&[Dangling], &[ORPHAN], &[]),
        Verdict::Delete { policy: Policy::Orphan, unblock: false }
    );
    assert_eq!(by_owners(&[Dangling], &[FOREGROUND], &[]), foreground(false));
    assert_eq!(by_owners(&[Dangling, Unresolvable], &[], &[]), Verdict::Keep);

    let dying = |deletion, dependents: &[Dependent]| judge(deletion, &[], &[], dependents);
    assert_eq!(dying(Deletion::Background, &[]), Verdict::Keep);
    assert_eq!(dying(Deletion::Foreground, std::slice::from_ref(&plain)), Verdict::ReleaseForeground);
    assert_eq!(dying(Deletion::Foreground, &[plain.clone(), ending.clone()]), Verdict::WaitFor(vec![]));
    let blocking = dependent("f", true, Deletion::None);
    assert_eq!(dying(Deletion::Foreground, &[ending, blocking]), Verdict::WaitFor(vec!["f".into()]));
    assert_eq!(dying(Deletion::Orphan, &[plain]), Verdict::Orphan(vec!["d".into()]));
}

#[test]
fn only_what_may_need_a_request_gets_one() {
    let mut graph = Graph::default();
    graph.begin(0);
    graph.observe("b", node("b", vec![owner("a", false)], Deletion::None));
    graph.observe("a", node("a", Vec::new(), Deletion::None));
    graph.observe("c", node("c", vec![owner("x", false)], Deletion::None));
    graph.end(0);
    let item = graph.take().expect("an unknown owner is looked up");
    assert_eq!((&*item.uid, &item.owners[..]), ("c", &[Seen::Unknown][..]));
    graph.done(&item.uid);
    assert_eq!(graph.take(), None);

    graph.remove("a");
    let item = graph.take().expect("the owner is gone");
    assert_eq!((&*item.uid, &item.owners[..]), ("b", &[Seen::Absent][..]));
    // Changes while it is worked on bring it back afterwards.
    graph.observe("b", node("b", vec![owner("x", false)], Deletion::None));
    assert_eq!(graph.take(), None);
    graph.done(&item.uid);
    assert_eq!(graph.take().map(|i| i.owners), Some(vec![Seen::Unknown]));
}

#[test]
fn a_new_list_tells_what_is_gone() {
    let mut graph = Graph::default();
    graph.observe("a", node("a", Vec::new(), Deletion::None));
    graph.observe("b", node("b", vec![owner("a", false)], Deletion::None));
    assert_eq!(graph.take(), None);
    graph.begin(0);
    graph.observe("b", node("b", vec![owner("a", false)], Deletion::None));
    graph.end(0);
    assert_eq!(graph.take().map(|i| i.owners), Some(vec![Seen::Absent]));
    assert_eq!(graph.len(), 1);
}

#[test]
fn an_owner_that_is_no_longer_named_is_looked_at_again() {
    let mut graph = Graph::default();
    graph.observe("a", node("a", Vec::new(), Deletion::Foreground));
    graph.observe("b", node("b", vec![owner("a", true), owner("c", false)], Deletion::None));
    graph.observe("c", node("c", Vec::new(), Deletion::None));
    while let Some(item) = graph.take() {
        graph.done(&item.uid);
    }
    graph.observe("b", node("b", vec![owner("c", false)], Deletion::None));
    let item = graph.take().expect("nothing blocks it any more");
    assert_eq!((&*item.uid, item.dependents.len()), ("a", 0));
}

#[test]
fn an_owner_in_another_namespace_is_told_apart() {
    let mut graph = Graph::default();
    let mut elsewhere = node("a", Vec::new(), Deletion::None);
    elsewhere.namespace = "other".into();
    graph.observe("a", elsewhere);
    graph.observe("b", node("b", vec![owner("a", false)], Deletion::None));
    assert_eq!(graph.take().map(|i| i.owners), Some(vec![Seen::Elsewhere]));
}

/// A server of objects without namespaces or kinds: enough to see that the collector comes to rest, and
/// where.
#[derive(Default)]
struct Server {
    objects: BTreeMap<String, (Vec<Owner>, Vec<String>, bool)>,
}

impl Server {
    fn node(&self, uid: &str) -> Option<Node> {
        let (owners, finalizers, deleting) = self.objects.get(uid)?;
        let has = |name: &str| finalizers.iter().any(|f| f == name);
        let deletion = match deleting {
            false => Deletion::None,
            true if has(ORPHAN) => Deletion::Orphan,
            true if has(FOREGROUND) => Deletion::Foreground,
            true => Deletion::Background,
        };
        Some(node(uid, owners.clone(), deletion))
    }

    fn delete(&mut self, uid: &str, policy: Policy) {
        let Some((_, finalizers, deleting)) = self.objects.get_mut(uid) else { return };
        finalizers.retain(|f| f != FOREGROUND && f != ORPHAN);
        match policy {
            Policy::Background => {}
            Policy::Foreground => finalizers.push(FOREGROUND.into()),
            Policy::Orphan => finalizers.push(ORPHAN.into()),
        }
        *deleting = true;
        self.sweep();
    }

    fn sweep(&mut self) {
        self.objects.retain(|_, (_, finalizers, deleting)| !*deleting || !finalizers.is_empty());
    }

    /// What the collector's shell does, without a network.
    fn act(&mut self, graph: &mut Graph, item: &Item) {
        let Some(live) = self.node(&item.uid) else { return graph.remove(&item.uid) };
        let state = |o: &Owner| match self.node(&o.uid).map(|n| n.deletion) {
            None => OwnerState::Dangling,
            Some(Deletion::Foreground) => OwnerState::Waiting,
            Some(_) => OwnerState::Solid,
        };
        let owners: Vec<(Uid, OwnerState)> =
            live.owners.iter().map(|o| (Uid::clone(&o.uid), state(o))).collect();
        let finalizers = self.objects[&*item.uid].1.clone();
        match judge(live.deletion, &finalizers, &owners, &item.dependents) {
            Verdict::Keep => {}
            Verdict::WaitFor(list) => list.iter().for_each(|uid| graph.wake(uid)),
            Verdict::DropOwners(gone) => {
                if let Some((owners, ..)) = self.objects.get_mut(&*item.uid) {
                    owners.retain(|o| !gone.contains(&o.uid));
                }
            }
            Verdict::Delete { unblock: true, .. } => {
                if let Some((owners, ..)) = self.objects.get_mut(&*item.uid) {
                    owners.iter_mut().for_each(|o| o.blocks = false);
                }
                self.delete(&item.uid, Policy::Foreground);
            }
            Verdict::Delete { policy, .. } => self.delete(&item.uid, policy),
            Verdict::ReleaseForeground => {
                self.objects.entry(item.uid.to_string()).and_modify(|o| o.1.retain(|f| f != FOREGROUND));
            }
            Verdict::Orphan(dependents) => {
                for dependent in dependents {
                    self.objects
                        .entry(dependent.to_string())
                        .and_modify(|o| o.0.retain(|r| r.uid != item.uid));
                }
                self.objects.entry(item.uid.to_string()).and_modify(|o| o.1.retain(|f| f != ORPHAN));
            }
        }
        self.sweep();
    }

    /// Lets the collector work until nothing is left to do.
    fn settle(&mut self, graph: &mut Graph) -> Result<(), TestCaseError> {
        for _ in 0..10_000 {
            graph.begin(0);
            for uid in self.objects.keys().cloned().collect::<Vec<_>>() {
                if let Some(node) = self.node(&uid) {
                    graph.observe(&uid, node);
                }
            }
            graph.end(0);
            let Some(item) = graph.take() else { return Ok(()) };
            self.act(graph, &item);
            graph.done(&item.uid);
        }
        Err(TestCaseError::fail("the collector does not come to rest"))
    }
}

proptest! {
    /// Whatever the graph of owners, circles included, and whatever is deleted and how: the collector
    /// comes to rest, no object then has a missing owner beside no present one, nothing is stuck in
    /// deletion, and nothing went that had an owner left or never had one.
    #[test]
    fn the_collector_comes_to_rest_at_the_right_place(
        edges in prop::collection::vec((0usize..8, 0usize..8, any::<bool>()), 0..20),
        deletes in prop::collection::vec((0usize..8, 0u8..3), 1..4),
    ) {
        let mut server = Server::default();
        for i in 0..8 {
            server.objects.insert(i.to_string(), (Vec::new(), Vec::new(), false));
        }
        for (from, to, blocks) in edges {
            if from != to && let Some((owners, ..)) = server.objects.get_mut(&from.to_string())
                && owners.iter().all(|o| *o.uid != *to.to_string())
            {
                owners.push(owner(&to.to_string(), blocks));
            }
        }
        let roots: Vec<String> =
            server.objects.iter().filter(|(_, o)| o.0.is_empty()).map(|(uid, _)| uid.clone()).collect();
        let deleted: Vec<String> = deletes.iter().map(|(uid, _)| uid.to_string()).collect();
        let mut graph = Graph::default();
        server.settle(&mut graph)?;
        prop_assert_eq!(server.objects.len(), 8, "without a delete nothing goes");
        for (uid, policy) in deletes {
            let policy = [Policy::Background, Policy::Foreground, Policy::Orphan][usize::from(policy)];
            server.delete(&uid.to_string(), policy);
            server.settle(&mut graph)?;
        }
        for (uid, (owners, _, deleting)) in &server.objects {
            prop_assert!(!deleting, "{uid} is stuck");
            let present = owners.iter().filter(|o| server.objects.contains_key(&*o.uid)).count();
            prop_assert!(owners.is_empty() || present == owners.len(), "{uid} names an owner that is gone");
        }
        for root in roots {
            prop_assert!(server.objects.contains_key(&root) || deleted.contains(&root), "{root} had no owner");
        }
    }
}
