//! The cache against a model: a list of operations and the map they make.

use std::collections::BTreeMap;
use std::sync::Arc;

use federation_store::{Event as StoreEvent, EventKind, KeyValue};
use proptest::prelude::*;

use super::cursor::{Cursor, TooSlow};
use super::kind::{KindCache, Snapshot};
use super::lanes::Interest;
use super::ring::KEEP_SECONDS;
use crate::builtin;
use crate::resource::Resource;

/// Revision before the first operation.
const START: u64 = 9;

/// A local key, and whether it is written or deleted.
type Step = (&'static str, bool);

/// Objects by local key, with the revision that wrote them.
type Model = BTreeMap<String, u64>;

fn resource() -> Resource {
    builtin::hub().into_iter().find(|r| r.plural == "configmaps").expect("the hub serves ConfigMaps")
}

fn event(local: &str, put: bool, revision: u64) -> StoreEvent {
    let (namespace, name) = local.split_once('/').unwrap_or(("", local));
    let json = format!(r#"{{"metadata":{{"name":"{name}","namespace":"{namespace}"}}}}"#);
    let kv = KeyValue {
        key: format!("/registry/core/configmaps/{local}").into(),
        value: if put { json.into() } else { "".into() },
        create_revision: 0,
        mod_revision: revision,
        version: 0,
        lease: None,
    };
    StoreEvent { kind: if put { EventKind::Put } else { EventKind::Delete }, kv, prev: None }
}

/// A cache after `steps`, the model at every revision, and the steps that had an effect, with their revisions.
fn play(resource: &Resource, steps: &[Step]) -> (Arc<KindCache>, Vec<Model>, Vec<(u64, &'static str)>) {
    let cache = Arc::new(KindCache::new(resource));
    cache.begin(Default::default(), START);
    let (mut model, mut models, mut effective) = (Model::new(), vec![Model::new()], Vec::new());
    for ((local, put), revision) in steps.iter().zip(START + 1..) {
        let event = event(local, *put, revision);
        cache.apply([(*local, &event)].into_iter(), 0);
        let had = if *put { model.insert((*local).to_owned(), revision) } else { model.remove(*local) };
        if *put || had.is_some() {
            effective.push((revision, *local));
        }
        models.push(model.clone());
    }
    (cache, models, effective)
}

fn model_of(snapshot: &Snapshot) -> Model {
    snapshot.objects.iter().map(|item| (item.0.key().to_owned(), item.0.revision)).collect()
}

fn drain(cursor: &mut Cursor) -> Vec<u64> {
    let mut revisions = Vec::new();
    loop {
        let batch = cursor.take().expect("nothing was trimmed");
        if batch.is_empty() {
            return revisions;
        }
        revisions.extend(batch.iter().map(|event| event.revision));
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let keys = prop::sample::select(vec!["a/x", "a/y", "b/x", "b/z"]);
    prop::collection::vec((keys, prop::bool::weighted(0.7)), 0..40)
}

#[test]
fn every_retained_version_reads_as_it_was() {
    let resource = resource();
    proptest!(|(steps in steps())| {
        let (cache, models, _) = play(&resource, &steps);
        for (model, revision) in models.iter().zip(START..) {
            let snapshot = cache.snapshot_at(revision).expect("nothing was trimmed");
            prop_assert_eq!(&model_of(&snapshot), model, "at {}", revision);
        }
    });
}

#[test]
fn a_cursor_from_any_version_sees_exactly_what_follows() {
    let resource = resource();
    let interests = [Interest::All, Interest::Namespace("a".into()), Interest::Object("b/x".into())];
    proptest!(|(steps in steps(), more in steps(), cut in 0usize..40)| {
        let from = START + cut.min(steps.len()) as u64;
        let (cache, ..) = play(&resource, &steps);
        let mut cursors: Vec<_> = interests
            .iter()
            .map(|interest| Cursor::after(&cache, interest.clone(), from).expect("nothing was trimmed"))
            .collect();
        let all: Vec<Step> = steps.iter().chain(&more).copied().collect();
        for ((local, put), revision) in more.iter().zip(START + 1 + steps.len() as u64..) {
            cache.apply([(*local, &event(local, *put, revision))].into_iter(), 0);
        }
        let (_, _, effective) = play(&resource, &all);
        for (cursor, interest) in cursors.iter_mut().zip(&interests) {
            let wanted = |local: &str| match interest {
                Interest::Namespace(namespace) => local.starts_with(&**namespace),
                Interest::Object(key) => local == &**key,
                _ => true,
            };
            let expected: Vec<u64> =
                effective.iter().filter(|(r, local)| *r > from && wanted(local)).map(|(r, _)| *r).collect();
            prop_assert_eq!(drain(cursor), expected, "{:?} after {}", interest, from);
        }
    });
}

#[test]
fn a_gap_is_made_up_by_the_difference() {
    let resource = resource();
    proptest!(|(before in steps(), after in steps())| {
        let (cache, ..) = play(&resource, &before);
        let (target, models, _) = play(&resource, &after);
        let wanted = target.snapshot(0).objects;
        let events = cache.difference(&wanted, 1000);
        cache.apply(events.iter().map(|(local, event)| (local.as_str(), event)), 0);
        prop_assert_eq!(&model_of(&cache.snapshot(0)), models.last().expect("there is the first"));
        prop_assert!(cache.difference(&wanted, 1000).is_empty());
    });
}

#[test]
fn a_cursor_that_stands_still_too_long_is_told() {
    let resource = resource();
    let (cache, ..) = play(&resource, &[("a/x", true)]);
    let mut cursors = [Interest::All, Interest::Namespace("a".into())]
        .map(|interest| Cursor::after(&cache, interest, START + 1).expect("nothing was trimmed"));
    for revision in [20, 21] {
        cache.apply([("a/x", &event("a/x", true, revision))].into_iter(), 0);
    }
    cache.apply([("a/x", &event("a/x", true, 22))].into_iter(), KEEP_SECONDS + 1);
    for cursor in &mut cursors {
        assert_eq!(cursor.take().map(|batch| batch.len()), Err(TooSlow));
    }
    assert!(Cursor::after(&cache, Interest::All, START).is_none(), "what is trimmed cannot be started from");
}

#[test]
fn a_pinned_state_outlives_the_ring() {
    let resource = resource();
    let (cache, models, _) = play(&resource, &[("a/x", true), ("a/y", true)]);
    let snapshot = cache.snapshot(0);
    cache.pin(&snapshot, 0);
    for now in [KEEP_SECONDS + 1, 2 * KEEP_SECONDS + 2] {
        cache.apply([("a/x", &event("a/x", false, 20 + now))].into_iter(), now);
        cache.apply([("a/x", &event("a/x", true, 21 + now))].into_iter(), now);
    }
    let again = cache.snapshot_at(snapshot.revision).expect("it is pinned");
    assert_eq!(&model_of(&again), models.last().expect("there is one"));
    assert!(cache.snapshot_at(START).is_none());
}
