//! Starts the controllers and keeps them going until told to stop.

use std::sync::Arc;

use kube::Client;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use crate::queue::Task;
use crate::reconcile::{self, Context};
use crate::{Error, install, watch};

/// How the controllers run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only this namespace; `None`: all of them.
    pub namespace: Option<String>,
    /// Whether to install the CRDs first.
    pub install_crds: bool,
    /// Objects that are worked on at a time.
    pub workers: usize,
    /// Name of this instance in events, for example the agent's pod.
    pub instance: Option<String>,
    /// While true, nothing is written; `None`: never.
    pub suspended: Option<tokio::sync::watch::Receiver<bool>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { namespace: None, install_crds: true, workers: 8, instance: None, suspended: None }
    }
}

/// Runs both controllers until `shutdown`. Returns an error only when they could not start; once running, failures are
/// logged and tried again.
pub async fn run(client: Client, shutdown: CancellationToken, options: Options) -> Result<(), Error> {
    if options.install_crds {
        tokio::select! {
            installed = install::install_crds(&client) => installed?,
            () = shutdown.cancelled() => return Ok(()),
        }
    }
    let workers = options.workers.max(1);
    let context = Arc::new(Context::new(client, options));
    let mut tasks = JoinSet::new();
    tokio::select! {
        () = watch::start(&context, &mut tasks) => {}
        () = shutdown.cancelled() => return Ok(()),
    }
    tracing::info!(workers, "workload controllers are running");
    for _ in 0..workers {
        tasks.spawn(work(Arc::clone(&context)));
    }
    shutdown.cancelled().await;
    // What is being written either arrives or does not; the next start decides from what it sees.
    tasks.shutdown().await;
    Ok(())
}

async fn work(context: Arc<Context>) {
    loop {
        let task = context.queue.next().await;
        context.may_write().await;
        let span = info_span!("workload", ?task);
        if let Some(trace) = context.traceparent(&task) {
            telemetry::adopt(&span, &trace);
        }
        let pass = async {
            match &task {
                Task::Deployment(key) => reconcile::deployment(&context, key).await,
                Task::Set(key) => reconcile::set(&context, key).await,
            }
        };
        let outcome = pass.instrument(span).await;
        match outcome {
            Ok(again) => context.queue.done(task, again),
            Err(error) => {
                if error.is_conflict() {
                    tracing::debug!(?task, error = error.chain(), "somebody wrote first; looking again");
                } else {
                    tracing::warn!(?task, error = error.chain(), "pass failed; trying again");
                }
                context.queue.failed(task);
            }
        }
    }
}
