//! Sessions with the hub, one after the other.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use super::heartbeat::{Heartbeat, HeartbeatError};
use super::member::Settings;
use crate::backoff::Backoff;
use crate::inventory::{Disk, Inventory};
use crate::join::{Credential, CredentialError, CredentialFiles, JoinError, rotate};
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::report::Reporter;
use crate::works::pull::{PullError, Puller};
use crate::works::push::Outbox;

/// Why a session ended.
#[derive(Debug, Error)]
pub enum SessionEnd {
    /// No client could be made.
    #[error("cannot make a client for the hub")]
    Client(#[source] Box<kube::Error>),
    /// The credential cannot be used.
    #[error("the credential cannot be used")]
    Credential(#[from] CredentialError),
    /// The heartbeat was not answered.
    #[error("the link is lost")]
    Heartbeat(#[from] HeartbeatError),
    /// Pulling ended.
    #[error("pulling ended")]
    Pull(#[from] PullError),
    /// A watch of this member's own object broke.
    #[error("the watch of this member on the hub broke")]
    Member(#[source] Box<kube::runtime::watcher::Error>),
    /// A status or report was not taken.
    #[error("the hub did not take a report")]
    Push(#[source] Box<kube::Error>),
    /// A watch ended although nothing was wrong.
    #[error("the hub closed a watch")]
    Closed,
    /// The rotation of the credential failed for good.
    #[error("the credential could not be rotated")]
    Rotation(#[source] Box<JoinError>),
    /// The credential was rotated: the next session uses the new one.
    #[error("the credential was rotated")]
    Rotated,
}

/// How the agent reaches the hub.
pub enum Access {
    /// With its own credential, which it rotates.
    Credential(Credential, CredentialFiles),
    /// With a kubeconfig that somebody else keeps.
    Config(Box<kube::Config>),
}

/// The link.
pub struct Link {
    /// Name of this cluster on the hub.
    pub cluster: String,
    /// Tells this process from an earlier one.
    pub boot_id: String,
    access: Access,
    settings: Settings,
    /// Client of this cluster.
    member: kube::Client,
    inventory: Arc<Inventory>,
    queue: Arc<Queue<String>>,
    outbox: Arc<Outbox>,
    reporter: Arc<Reporter>,
    metrics: Arc<Metrics>,
    connected: watch::Sender<bool>,
    connected_since: Option<Instant>,
}

/// A session that lasted this long was a good one: the next wait is short again.
const STABLE: Duration = Duration::from_secs(3);

/// The parts that a link connects.
pub struct LinkParts {
    /// Name of this cluster on the hub.
    pub cluster: String,
    /// How to reach the hub.
    pub access: Access,
    /// Where settings are kept.
    pub disk: Disk,
    /// Client of this cluster.
    pub member: kube::Client,
    /// What this cluster must hold.
    pub inventory: Arc<Inventory>,
    /// Works to be looked at.
    pub queue: Arc<Queue<String>>,
    /// Statuses for the hub.
    pub outbox: Arc<Outbox>,
    /// Nodes, cells and room.
    pub reporter: Arc<Reporter>,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

impl Link {
    /// A link that is not connected yet.
    pub fn new(parts: LinkParts) -> Self {
        Self {
            boot_id: format!("{:016x}", rand::random::<u64>()),
            cluster: parts.cluster,
            access: parts.access,
            settings: Settings::open(parts.disk),
            member: parts.member,
            inventory: parts.inventory,
            queue: parts.queue,
            outbox: parts.outbox,
            reporter: parts.reporter,
            metrics: parts.metrics,
            connected: watch::Sender::new(false),
            connected_since: None,
        }
    }

    /// Whether writes to workloads are stopped.
    pub fn suspended(&self) -> watch::Receiver<bool> {
        self.settings.suspended.subscribe()
    }

    /// Whether a session is open.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.subscribe()
    }

    /// Sessions for ever; a regained link resets the waiting.
    pub async fn keep(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let end = self.session().await;
            if self.connected_since.take().is_some_and(|since| since.elapsed() > STABLE) {
                backoff.reset();
            }
            let was_connected = self.connected.send_replace(false);
            self.metrics.connected.set(0);
            match &end {
                SessionEnd::Rotated => info!("the credential was rotated; connecting with the new one"),
                end if was_connected => warn!(reason = %chain(end), "the session with the hub ended"),
                end => tracing::debug!(reason = %chain(end), "the hub is not reachable"),
            }
            if !matches!(end, SessionEnd::Rotated) {
                tokio::time::sleep(backoff.next_wait()).await;
            }
        }
    }

    async fn session(&mut self) -> SessionEnd {
        let hub = match self.client() {
            Ok(hub) => hub,
            Err(end) => return end,
        };
        let heartbeat = Heartbeat::new(hub.clone(), &self.cluster, &self.boot_id);
        let every: Duration = *self.settings.every.borrow();
        if let Err(error) = heartbeat.beat(every).await {
            return error.into();
        }
        self.connected_since = Some(Instant::now());
        info!(cluster = self.cluster, "connected to the hub");
        self.metrics.connected.set(1);
        self.metrics.sessions.inc();
        self.connected.send_replace(true);
        let puller = Puller {
            hub: hub.clone(),
            cluster: self.cluster.clone(),
            inventory: self.inventory.clone(),
            queue: self.queue.clone(),
            outbox: self.outbox.clone(),
        };
        let (end, rotated) = tokio::select! {
            error = heartbeat.keep(self.settings.every.subscribe()) => (error.into(), None),
            end = puller.follow_works() => (ended(end), None),
            end = puller.follow_secrets() => (ended(end), None),
            end = puller.fetch_missing() => (ended(end), None),
            end = self.settings.follow(hub.clone(), &self.cluster) => (match end {
                Ok(()) => SessionEnd::Closed,
                Err(error) => SessionEnd::Member(Box::new(error)),
            }, None),
            end = self.outbox.send(hub.clone(), &self.cluster) => (pushed(end), None),
            end = self.reporter.send(hub.clone(), &self.cluster) => (pushed(end), None),
            rotated = self.rotation(hub.clone()) => match rotated {
                Ok(fresh) => (SessionEnd::Rotated, Some(fresh)),
                Err(error) => (SessionEnd::Rotation(Box::new(error)), None),
            },
        };
        if let (Some(fresh), Access::Credential(credential, _)) = (rotated, &mut self.access) {
            *credential = fresh;
        }
        end
    }

    /// A client of its own for each session: no connection outlives it.
    fn client(&self) -> Result<kube::Client, SessionEnd> {
        let config = match &self.access {
            Access::Credential(credential, _) => credential.config()?,
            Access::Config(config) => (**config).clone(),
        };
        kube::Client::try_from(config).map_err(|e| SessionEnd::Client(Box::new(e)))
    }

    async fn rotation(&self, hub: kube::Client) -> Result<Credential, JoinError> {
        match &self.access {
            Access::Credential(credential, files) => {
                rotate(credential, files, hub, self.member.clone()).await
            }
            Access::Config(_) => std::future::pending().await,
        }
    }
}

fn ended(end: Result<(), PullError>) -> SessionEnd {
    match end {
        Ok(()) => SessionEnd::Closed,
        Err(error) => error.into(),
    }
}

fn pushed(end: Result<(), kube::Error>) -> SessionEnd {
    match end {
        Ok(()) => SessionEnd::Closed,
        Err(error) => SessionEnd::Push(Box::new(error)),
    }
}

/// An error with all its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
