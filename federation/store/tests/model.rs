//! Random transactions, reads, watches, compactions and restarts: the store does what a naive model does.

#[allow(dead_code)]
mod disk;

use std::collections::BTreeMap;

use bytes::Bytes;
use disk::Disk;
use federation_store::{
    Compare, EmbeddedStore, Event, EventKind, KeyRange, KeyValue, Op, OpResponse, Options, RangeRequest,
    RangeResponse, Revision, Store, StoreError, Txn, WatchRequest, WatchResponse,
};
use futures::StreamExt;
use proptest::prelude::*;

type State = BTreeMap<Bytes, KeyValue>;

/// Every state there ever was, and every event.
struct Model {
    states: Vec<State>,
    events: Vec<Event>,
    compacted: Revision,
}

impl Model {
    fn new() -> Self {
        Self { states: vec![State::new(), State::new()], events: Vec::new(), compacted: 0 }
    }

    fn head(&self) -> Revision {
        self.states.len() as u64 - 1
    }

    fn at(&self, revision: Revision) -> &State {
        &self.states[revision as usize]
    }

    fn select(&self, range: &KeyRange, state: &State) -> Vec<KeyValue> {
        state.values().filter(|kv| range.contains(&kv.key)).cloned().collect()
    }

    fn compare(&self, compare: &Compare) -> bool {
        let now = |key: &Bytes| self.at(self.head()).get(key);
        match compare {
            Compare::ModRevision(key, revision) => now(key).map_or(0, |kv| kv.mod_revision) == *revision,
            Compare::CreateRevision(key, revision) => {
                now(key).map_or(0, |kv| kv.create_revision) == *revision
            }
            Compare::Version(key, version) => now(key).map_or(0, |kv| kv.version) == *version,
            Compare::Exists(key) => now(key).is_some(),
            Compare::Value(key, value) => now(key).is_some_and(|kv| kv.value == value),
        }
    }

    fn txn(&mut self, txn: &Txn) -> (bool, Revision, Vec<OpResponse>) {
        let succeeded = txn.compares.iter().all(|compare| self.compare(compare));
        let branch = if succeeded { &txn.success } else { &txn.failure };
        let revision = self.head() + 1;
        let (mut state, mut events, mut responses) = (self.at(self.head()).clone(), Vec::new(), Vec::new());
        for op in branch {
            responses.push(self.step(op, revision, &mut state, &mut events));
        }
        if !events.is_empty() {
            self.states.push(state);
            self.events.extend(events);
        }
        let revision = self.head();
        for response in &mut responses {
            if let OpResponse::Get(range) = response {
                range.revision = revision;
            }
        }
        (succeeded, revision, responses)
    }

    fn step(&self, op: &Op, revision: Revision, state: &mut State, events: &mut Vec<Event>) -> OpResponse {
        match op {
            Op::Put { key, value, lease } => {
                let prev = state.get(key).cloned();
                let kv = KeyValue {
                    key: key.clone(),
                    value: value.clone(),
                    create_revision: prev.as_ref().map_or(revision, |prev| prev.create_revision),
                    mod_revision: revision,
                    version: prev.as_ref().map_or(1, |prev| prev.version + 1),
                    lease: *lease,
                };
                state.insert(key.clone(), kv.clone());
                events.push(Event { kind: EventKind::Put, kv, prev: prev.clone() });
                OpResponse::Put { prev }
            }
            Op::Delete { range } => {
                let prev = self.select(range, state);
                for kv in &prev {
                    state.remove(&kv.key);
                    let gone = KeyValue {
                        key: kv.key.clone(),
                        value: Bytes::new(),
                        create_revision: 0,
                        mod_revision: revision,
                        version: 0,
                        lease: None,
                    };
                    events.push(Event { kind: EventKind::Delete, kv: gone, prev: Some(kv.clone()) });
                }
                OpResponse::Delete { deleted: prev.len() as u64, prev }
            }
            Op::Get { range } => {
                let kvs = self.select(range, state);
                OpResponse::Get(RangeResponse { revision: 0, count: kvs.len() as u64, kvs, more: false })
            }
        }
    }

    /// The events a watch with previous values gives.
    fn history(&self, range: &KeyRange, from: Revision) -> Vec<Event> {
        let wanted = |event: &&Event| event.kv.mod_revision >= from && range.contains(&event.kv.key);
        let cut = |event: &Event| {
            let readable = event.kv.mod_revision > self.compacted;
            Event { prev: event.prev.clone().filter(|_| readable), ..event.clone() }
        };
        self.events.iter().filter(wanted).map(cut).collect()
    }
}

#[derive(Clone, Debug)]
enum Action {
    Txn(Txn),
    Range { range: KeyRange, back: u64, limit: usize, keys_only: bool },
    Watch { range: KeyRange, back: u64 },
    Compact { back: u64 },
    Reopen,
}

fn key() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["a", "aa", "ab", "b", "c", "c/1"]).prop_map(Bytes::from)
}

fn range() -> impl Strategy<Value = KeyRange> {
    prop_oneof![
        3 => key().prop_map(KeyRange::key),
        2 => key().prop_map(KeyRange::prefix),
        2 => (key(), key()).prop_map(|(start, end)| KeyRange::interval(start, end)),
        1 => key().prop_map(KeyRange::starting_at),
        1 => Just(KeyRange::all()),
    ]
}

fn value() -> impl Strategy<Value = Bytes> {
    (0u8..4, prop::sample::select(vec![0usize, 1, 30, 5000])).prop_map(|(byte, len)| vec![byte; len].into())
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => (key(), value()).prop_map(|(key, value)| Op::Put { key, value, lease: None }),
        2 => range().prop_map(|range| Op::Delete { range }),
        1 => range().prop_map(|range| Op::Get { range }),
    ]
}

fn compare() -> impl Strategy<Value = Compare> {
    prop_oneof![
        (key(), 0u64..12).prop_map(|(key, n)| Compare::ModRevision(key, n)),
        (key(), 0u64..12).prop_map(|(key, n)| Compare::CreateRevision(key, n)),
        (key(), 0u64..3).prop_map(|(key, n)| Compare::Version(key, n)),
        key().prop_map(Compare::Exists),
        (key(), value()).prop_map(|(key, value)| Compare::Value(key, value)),
    ]
}

/// A branch without the steps that would write a key twice.
fn branch() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 0..4).prop_map(|ops| {
        let (mut kept, mut puts, mut deletes) = (Vec::new(), Vec::<Bytes>::new(), Vec::<KeyRange>::new());
        for op in ops {
            match &op {
                Op::Put { key, .. }
                    if puts.contains(key) || deletes.iter().any(|range| range.contains(key)) =>
                {
                    continue;
                }
                Op::Put { key, .. } => puts.push(key.clone()),
                Op::Delete { range } if puts.iter().any(|key| range.contains(key)) => continue,
                Op::Delete { range } => deletes.push(range.clone()),
                Op::Get { .. } => {}
            }
            kept.push(op);
        }
        kept
    })
}

fn action() -> impl Strategy<Value = Action> {
    let txn = (prop::collection::vec(compare(), 0..2), branch(), branch())
        .prop_map(|(compares, success, failure)| Action::Txn(Txn { compares, success, failure }));
    prop_oneof![
        8 => txn,
        3 => (range(), 0u64..9, 0usize..4, any::<bool>())
            .prop_map(|(range, back, limit, keys_only)| Action::Range { range, back, limit, keys_only }),
        2 => (range(), 0u64..9).prop_map(|(range, back)| Action::Watch { range, back }),
        1 => (0u64..6).prop_map(|back| Action::Compact { back }),
        1 => Just(Action::Reopen),
    ]
}

/// The store under test on a disk that stays when it is opened again.
struct World {
    disk: Disk,
    options: Options,
    store: Option<EmbeddedStore>,
    model: Model,
}

impl World {
    fn new(options: Options) -> Self {
        let mut world = Self { disk: Disk::new(0), options, store: None, model: Model::new() };
        world.open();
        world
    }

    fn open(&mut self) {
        // The old one first: it must let go of the disk.
        self.store = None;
        let store = EmbeddedStore::open_backend(Box::new(self.disk.clone()), self.options.clone());
        self.store = Some(store.expect("the store opens"));
    }

    fn store(&self) -> &EmbeddedStore {
        self.store.as_ref().expect("open between actions")
    }

    async fn run(&mut self, action: &Action) {
        match action {
            Action::Txn(txn) => {
                let response = self.store().txn(txn.clone()).await.expect("a transaction");
                let (succeeded, revision, responses) = self.model.txn(txn);
                assert_eq!((response.succeeded, response.revision), (succeeded, revision));
                assert_eq!(response.responses, responses);
            }
            Action::Range { range, back, limit, keys_only } => {
                self.range(range, *back, *limit, *keys_only).await
            }
            Action::Watch { range, back } => self.watch(range, *back).await,
            Action::Compact { back } => self.compact(*back).await,
            Action::Reopen => self.open(),
        }
        assert_eq!(self.store().revision().await.expect("a revision"), self.model.head());
    }

    async fn range(&self, range: &KeyRange, back: u64, limit: usize, keys_only: bool) {
        let head = self.model.head();
        let at = head.saturating_sub(back).max(1);
        let request =
            RangeRequest { range: range.clone(), limit: Some(limit), revision: Some(at), keys_only };
        let answer = self.store().range(request).await;
        if at < self.model.compacted {
            assert!(matches!(answer, Err(StoreError::Compacted { .. })), "{answer:?}");
            return;
        }
        let answer = answer.expect("a range");
        let mut expected = self.model.select(range, self.model.at(at));
        let count = expected.len() as u64;
        expected.truncate(if limit == 0 { usize::MAX } else { limit });
        expected.iter_mut().filter(|_| keys_only).for_each(|kv| kv.value = Bytes::new());
        let more = (expected.len() as u64) < count;
        assert_eq!(answer, RangeResponse { revision: head, kvs: expected, more, count });
    }

    async fn watch(&self, range: &KeyRange, back: u64) {
        let from = self.model.head().saturating_sub(back).max(1);
        let request = WatchRequest::new(range.clone()).starting_at(from).with_prev().with_progress();
        let watch = self.store().watch(request).await;
        if from < self.model.compacted {
            assert!(matches!(watch, Err(StoreError::Compacted { .. })));
            return;
        }
        let mut watch = watch.expect("a watch");
        let mut events = Vec::new();
        let mut seen = 0;
        while seen < self.model.head() {
            let message = watch.next().await.expect("the watch goes on").expect("a message");
            assert!(message.revision() > seen, "{message:?}");
            seen = message.revision();
            if let WatchResponse::Events { events: more, .. } = message {
                events.extend(more);
            }
        }
        // Recent changes in memory still know what a compaction made unreadable since.
        let expected = self.model.history(range, from);
        assert_eq!(events.len(), expected.len());
        for (event, expected) in events.iter().zip(&expected) {
            assert_eq!((event.kind, &event.kv), (expected.kind, &expected.kv));
            assert!(
                event.prev == expected.prev || event.kv.mod_revision <= self.model.compacted,
                "{event:?}"
            );
        }
    }

    async fn compact(&mut self, back: u64) {
        let at = self.model.head().saturating_sub(back).max(1);
        let answer = self.store().compact(at).await;
        if at <= self.model.compacted {
            assert!(matches!(answer, Err(StoreError::Compacted { .. })), "{answer:?}");
        } else {
            answer.expect("a compaction");
            self.model.compacted = at;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_the_model_does(
        actions in prop::collection::vec(action(), 1..60),
        recent_bytes in prop::sample::select(vec![1usize, 4 << 10, 1 << 20]),
        compaction_step in 1usize..4,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let options =
                Options { cache_bytes: 256 << 10, recent_bytes, compaction_step, ..Options::default() };
            let mut world = World::new(options);
            for action in &actions {
                world.run(action).await;
            }
            // Whatever happened, everything readable is still as it was.
            for back in 0..=world.model.head() - world.model.compacted.max(1) {
                world.range(&KeyRange::all(), back, 0, false).await;
                world.watch(&KeyRange::all(), back).await;
            }
        });
    }
}
