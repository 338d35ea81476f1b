//! What a program starts: watches, workers, and the collection of what nobody refers to.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crds::federation::{
    Confirmation, DependencyKind, FederatedDeployment, FederatedResource, MemberCluster, Work,
};
use crds::ldc::{DeployUnit, LogicalUnit, RuleSet};
use crds::names;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, ServiceAccount};
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, PostParams};
use kube::runtime::events::{Recorder, Reporter};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, info, info_span, warn};

use crate::applications;
use crate::metrics::HubMetrics;
use crate::observe::{Subject, Watched, World, follow, follow_versions};
use crate::resources;
use crate::templates::{Collector, Shelf};

/// How the controllers work.
#[derive(Clone, Debug)]
pub struct Options {
    /// Passes at a time; one source is never passed over twice at a time.
    pub workers: usize,
    /// How long a template that nobody refers to is kept, and how often is looked for such.
    pub collect_after: Duration,
    /// How events name their author; usually the name of this process or pod.
    pub instance: Option<String>,
    /// Where figures go.
    pub metrics: HubMetrics,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 8,
            collect_after: Duration::from_secs(600),
            instance: None,
            metrics: HubMetrics::default(),
        }
    }
}

/// Why the controllers could not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The namespace of templates could not be made.
    #[error("make namespace {}", names::TEMPLATES_NAMESPACE)]
    Namespace(#[source] kube::Error),
}

/// Between two counts of what waits.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// First wait before a pass that failed is tried again.
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// Longest wait before a pass that failed is tried again.
const RETRY_LONGEST: Duration = Duration::from_secs(30);

/// The controllers of applications and resources.
pub struct HubControllers {
    world: Arc<World>,
    applications: applications::Controller,
    resources: resources::Controller,
    failures: Mutex<BTreeMap<Subject, u32>>,
    collector: Collector,
    options: Options,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl HubControllers {
    /// Works until `stop`, then finishes the passes under way. Watches and writes that fail are taken up again for
    /// ever: an error is only what hinders the start.
    pub async fn run(client: Client, options: Options, stop: CancellationToken) -> Result<(), RunError> {
        make_namespace(&client).await?;
        let world = Arc::new(World::default());
        let shelf = Arc::new(Shelf::new(client.clone()));
        let reporter =
            Reporter { controller: names::HUB_MANAGER.to_owned(), instance: options.instance.clone() };
        let recorder = Recorder::new(client.clone(), reporter);
        let controllers = Arc::new(Self {
            applications: applications::Controller::new(
                client.clone(),
                world.clone(),
                shelf.clone(),
                recorder.clone(),
            ),
            resources: resources::Controller::new(client.clone(), world.clone(), shelf.clone(), recorder),
            failures: Mutex::default(),
            collector: Collector::new(client.clone(), shelf, options.collect_after),
            world: world.clone(),
            options,
        });
        let (watches, listed) = watches(&client, &world);
        let watches: Vec<_> = watches.into_iter().map(tokio::spawn).collect();
        tokio::select! {
            () = stop.cancelled() => {}
            () = all(listed) => controllers.work_until(&stop).await,
        }
        watches.iter().for_each(tokio::task::JoinHandle::abort);
        Ok(())
    }

    async fn work_until(self: Arc<Self>, stop: &CancellationToken) {
        info!(workers = self.options.workers, "everything is listed; controllers begin");
        let workers = (0..self.options.workers).map(|_| tokio::spawn(self.clone().work(stop.clone())));
        let workers: Vec<_> = workers.collect();
        let collector = tokio::spawn(self.clone().collect(stop.clone()));
        let counter = tokio::spawn(self.clone().count(stop.clone()));
        for worker in workers.into_iter().chain([collector, counter]) {
            if let Err(error) = worker.await {
                warn!(%error, "a worker ended early");
            }
        }
    }

    /// Handles sources one after the other.
    async fn work(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let subject = tokio::select! {
                () = stop.cancelled() => return,
                subject = self.world.queue.next() => subject,
            };
            let span = info_span!("pass", %subject);
            if let Some(trace) = self.world.traceparent(&subject) {
                telemetry::adopt(&span, &trace);
            }
            self.pass(&subject).instrument(span).await;
            self.world.queue.done(&subject);
        }
    }

    async fn pass(&self, subject: &Subject) {
        let began = std::time::Instant::now();
        let passed = match subject {
            Subject::Application(key) => self.applications.pass(key).await,
            Subject::Resource(key) => self.resources.pass(key).await,
        };
        let result = match &passed {
            Ok(_) => "done",
            Err(error) if error.is_conflict() => "conflict",
            Err(_) => "failed",
        };
        self.options.metrics.passed(subject.kind(), result, began.elapsed());
        match passed {
            Ok(wait) => {
                self.failures().remove(subject);
                if let Some(wait) = wait {
                    self.world.queue.add_after(subject.clone(), wait);
                }
            }
            // A newer version exists, and its watch event wakes the subject; the timer is for a watch that is broken.
            Err(error) if error.is_conflict() => {
                debug!("written by somebody else meanwhile; decided anew");
                self.world.queue.add_after(subject.clone(), RETRY_FIRST);
            }
            Err(error) => {
                let failures = {
                    let mut failures = self.failures();
                    let count = failures.entry(subject.clone()).or_insert(0);
                    *count = count.saturating_add(1);
                    *count
                };
                let wait = retry_wait(failures);
                warn!(
                    error = &error as &dyn std::error::Error,
                    failures,
                    ?wait,
                    "pass failed; it is tried again"
                );
                self.world.queue.add_after(subject.clone(), wait);
            }
        }
    }

    /// Counts what waits every now and then: a pass must not cost what exists.
    async fn count(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(COUNT_EVERY) => {}
            }
            self.options.metrics.pending(self.world.pending_works());
        }
    }

    /// Collects templates every now and then.
    async fn collect(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.options.collect_after) => {}
            }
            if let Err(error) = self.collector.collect(Timestamp::now()).await {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "nothing collected; the next time tries again"
                );
            }
        }
    }

    fn failures(&self) -> MutexGuard<'_, BTreeMap<Subject, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Doubles from [`RETRY_FIRST`] to [`RETRY_LONGEST`].
fn retry_wait(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
    RETRY_FIRST.saturating_mul(doubled).min(RETRY_LONGEST)
}

async fn all(listed: Vec<watch::Receiver<bool>>) {
    for mut listed in listed {
        // An error means that the watch has ended, which it never does while it is needed.
        if listed.wait_for(|is_listed| *is_listed).await.is_err() {
            warn!("a watch ended before its first list");
        }
    }
}

fn watches(client: &Client, world: &Arc<World>) -> (Vec<Task>, Vec<watch::Receiver<bool>>) {
    let mut watches =
        Watches { client: client.clone(), world: world.clone(), tasks: Vec::new(), listed: Vec::new() };
    watches.add::<MemberCluster>();
    watches.add::<LogicalUnit>();
    watches.add::<DeployUnit>();
    watches.add::<RuleSet>();
    watches.add::<Work>();
    watches.add::<Confirmation>();
    watches.add::<FederatedDeployment>();
    watches.add::<FederatedResource>();
    watches.add_versions::<ConfigMap>(DependencyKind::ConfigMap);
    watches.add_versions::<Secret>(DependencyKind::Secret);
    watches.add_versions::<ServiceAccount>(DependencyKind::ServiceAccount);
    (watches.tasks, watches.listed)
}

struct Watches {
    client: Client,
    world: Arc<World>,
    tasks: Vec<Task>,
    listed: Vec<watch::Receiver<bool>>,
}

impl Watches {
    fn begin(&mut self) -> watch::Sender<bool> {
        let (sender, receiver) = watch::channel(false);
        self.listed.push(receiver);
        sender
    }

    fn add<K: Watched>(&mut self) {
        let listed = self.begin();
        self.tasks.push(Box::pin(follow::<K>(self.client.clone(), self.world.clone(), listed)));
    }

    fn add_versions<K>(&mut self, kind: DependencyKind)
    where
        K: kube::Resource<DynamicType = ()>
            + Clone
            + serde::de::DeserializeOwned
            + std::fmt::Debug
            + Send
            + 'static,
    {
        let listed = self.begin();
        let task = follow_versions::<K>(self.client.clone(), kind, self.world.clone(), listed);
        self.tasks.push(Box::pin(task));
    }
}

async fn make_namespace(client: &Client) -> Result<(), RunError> {
    let name = Some(names::TEMPLATES_NAMESPACE.to_owned());
    let namespace =
        Namespace { metadata: ObjectMeta { name, ..ObjectMeta::default() }, ..Namespace::default() };
    match Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        Err(error) => Err(RunError::Namespace(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        assert_eq!(retry_wait(1), RETRY_FIRST);
        assert_eq!(retry_wait(3), RETRY_FIRST * 4);
        assert_eq!(retry_wait(u32::MAX), RETRY_LONGEST);
    }
}
