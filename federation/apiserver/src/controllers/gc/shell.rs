//! The watches of all kinds, the queue, and a few attempts at a time.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{FuturesUnordered, SelectAll};
use kube::Client;
use kube::api::{Api, PostParams};
use kube::core::{DynamicObject, PartialObjectMeta};
use kube::runtime::{WatchStreamExt, watcher};
use tokio::time::Instant;

use super::attempt::{Collector, Outcome, Report, node_of};
use super::graph::{Graph, Item, Uid};
use crate::controllers::kinds::{Kind, Kinds};

/// Attempts that run at the same time.
const ATTEMPTS: usize = 16;
/// First wait after a failed attempt.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// Longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

type Event = watcher::Event<PartialObjectMeta<DynamicObject>>;
type Finished = (Item, Report, Result<Outcome, kube::Error>);
type Attempt = Pin<Box<dyn Future<Output = Finished> + Send>>;

/// Collects garbage for ever.
pub async fn run(client: Client) {
    let kinds = Arc::new(Kinds::discover_patiently(&client).await);
    let mut watches = SelectAll::new();
    let mut unlisted = 0usize;
    for (number, kind) in kinds.iter().enumerate().filter(|(_, kind)| is_collected(kind)) {
        let api = kind.metadata(client.clone(), "");
        let events = watcher(api, watcher::Config::default()).default_backoff();
        watches.push(events.map(move |event| (number, event)).boxed());
        unlisted += 1;
    }
    let collector = Arc::new(Collector::new(client.clone(), Arc::clone(&kinds)));
    let mut shell = Shell { client, kinds, collector, graph: Graph::default(), retries: Retries::default() };
    let mut listed = std::collections::BTreeSet::new();
    let mut running: FuturesUnordered<Attempt> = FuturesUnordered::new();
    loop {
        // Before every kind is listed once, an owner may just not have been seen yet.
        while listed.len() == unlisted && running.len() < ATTEMPTS {
            let Some(item) = shell.graph.take() else { break };
            running.push(shell.begin(item));
        }
        let due = shell.retries.next();
        tokio::select! {
            event = watches.next() => match event {
                Some((number, Ok(event))) => {
                    if matches!(event, watcher::Event::InitDone) {
                        listed.insert(number);
                    }
                    shell.follow(number, event);
                }
                Some((_, Err(error))) => tracing::debug!(%error, "watch for the garbage collector"),
                None => return,
            },
            Some(finished) = running.next() => shell.finish(finished).await,
            () = until(due) => shell.wake_due(),
        }
    }
}

/// Events own nothing, belong to nobody and are many; upstream leaves them out too.
fn is_collected(kind: &Kind) -> bool {
    kind.resource.kind != "Event"
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

struct Shell {
    client: Client,
    kinds: Arc<Kinds>,
    collector: Arc<Collector>,
    graph: Graph,
    retries: Retries,
}

/// Attempts that failed: when each is due again, and how long it waited last.
#[derive(Default)]
struct Retries {
    due: BTreeMap<Uid, Instant>,
    waited: BTreeMap<Uid, Duration>,
}

impl Retries {
    fn later(&mut self, uid: Uid) {
        let wait = self.waited.get(&uid).map_or(FIRST_WAIT, |w| (*w * 2).min(LONGEST_WAIT));
        self.due.insert(Uid::clone(&uid), Instant::now() + wait);
        self.waited.insert(uid, wait);
    }

    fn forget(&mut self, uid: &str) {
        self.due.remove(uid);
        self.waited.remove(uid);
    }

    fn next(&self) -> Option<Instant> {
        self.due.values().min().copied()
    }

    /// Those that are due, taken out.
    fn take_due(&mut self, now: Instant) -> Vec<Uid> {
        let due: Vec<Uid> =
            self.due.iter().filter(|(_, at)| **at <= now).map(|(uid, _)| Uid::clone(uid)).collect();
        for uid in &due {
            self.due.remove(uid);
        }
        due
    }
}

impl Shell {
    fn follow(&mut self, kind: usize, event: Event) {
        match event {
            watcher::Event::Init => self.graph.begin(kind),
            watcher::Event::InitDone => self.graph.end(kind),
            watcher::Event::InitApply(object) | watcher::Event::Apply(object) => {
                if let Some(uid) = &object.metadata.uid {
                    self.graph.observe(uid, node_of(kind, &object.metadata));
                }
            }
            watcher::Event::Delete(object) => {
                if let Some(uid) = &object.metadata.uid {
                    self.retries.forget(uid);
                    self.graph.remove(uid);
                }
            }
        }
    }

    fn begin(&self, item: Item) -> Attempt {
        let collector = Arc::clone(&self.collector);
        Box::pin(async move {
            let mut report = Report::default();
            let outcome = collector.attempt(&item, &mut report).await;
            (item, report, outcome)
        })
    }

    async fn finish(&mut self, (item, report, outcome): Finished) {
        for absent in &report.absent {
            self.graph.note_absent(absent);
        }
        if let Some(warning) = &report.warning {
            self.warn(&item, warning).await;
        }
        self.graph.done(&item.uid);
        match outcome {
            Ok(outcome) => {
                self.retries.forget(&item.uid);
                match outcome {
                    Outcome::Settled => {}
                    Outcome::Gone => self.graph.remove(&item.uid),
                    Outcome::Wake(list) => list.iter().for_each(|uid| self.graph.wake(uid)),
                }
            }
            Err(error) => {
                tracing::debug!(%error, name = %item.node.name, namespace = %item.node.namespace, "collect garbage");
                self.retries.later(item.uid);
            }
        }
    }

    fn wake_due(&mut self) {
        for uid in self.retries.take_due(Instant::now()) {
            self.graph.wake(&uid);
        }
    }

    /// A Warning event on the object, as upstream emits it.
    async fn warn(&self, item: &Item, message: &str) {
        use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
        use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
        let Some(kind) = self.kinds.get(item.node.kind) else { return };
        let namespace = if item.node.namespace.is_empty() { "default" } else { &item.node.namespace };
        let now = Time(k8s_openapi::jiff::Timestamp::now());
        let mut event = Event {
            involved_object: ObjectReference {
                api_version: Some(kind.resource.api_version.clone()),
                kind: Some(kind.resource.kind.clone()),
                name: Some(item.node.name.to_string()),
                namespace: Some(item.node.namespace.to_string()).filter(|n| !n.is_empty()),
                uid: Some(item.uid.to_string()),
                ..ObjectReference::default()
            },
            reason: Some("OwnerRefInvalidNamespace".into()),
            message: Some(message.to_owned()),
            type_: Some("Warning".into()),
            source: Some(EventSource { component: Some("garbage-collector-controller".into()), host: None }),
            count: Some(1),
            first_timestamp: Some(now.clone()),
            last_timestamp: Some(now),
            ..Event::default()
        };
        // One event per object and problem: the name says which, so a second one is a conflict.
        event.metadata.name = Some(format!("{}.ownerref.{}", item.node.name, item.uid));
        event.metadata.namespace = Some(namespace.to_owned());
        let api: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        if let Err(error) = api.create(&PostParams::default(), &event).await {
            tracing::debug!(%error, "tell about an owner reference that cannot hold");
        }
    }
}
