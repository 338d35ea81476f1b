//! Puts the parts of the agent together.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::inventory::{Disk, DiskError, Inventory};
use crate::join::{CredentialError, CredentialFiles, JoinError, Joiner, join};
use crate::link::{Access, Link, LinkParts};
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::report::Reporter;
use crate::works::apply::Member;
use crate::works::kinds::Kinds;
use crate::works::observe::Holdings;
use crate::works::push::Outbox;
use crate::works::reconcile::Reconciler;

/// Works handled side by side.
const WORKERS: usize = 8;

/// What an agent needs to run.
pub struct AgentOptions {
    /// How it gets to the hub.
    pub hub: HubAccess,
    /// Client of its own cluster.
    pub member: kube::Client,
    /// Where credential and last instructions are kept.
    pub state_dir: PathBuf,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Whether the cluster must be given the workload kinds; a simulated one has them.
    pub install_kinds: bool,
}

/// How an agent gets to the hub.
pub enum HubAccess {
    /// With the stored credential, or by joining when there is none and `token` is given.
    Join {
        /// Name of this cluster on the hub.
        cluster: String,
        /// The hub; left out: as stored.
        hub_url: Option<String>,
        /// CA of the hub (PEM).
        ca_pem: Option<String>,
        /// The one-time token; needed for the first start only.
        token: Option<String>,
    },
    /// With a kubeconfig that somebody else keeps.
    Config {
        /// Name of this cluster on the hub.
        cluster: String,
        /// How to reach it.
        config: Box<kube::Config>,
    },
}

/// Why an agent could not start.
#[derive(Debug, Error)]
pub enum AgentError {
    /// The credential.
    #[error("cannot open the credential")]
    Credential(#[from] CredentialError),
    /// The join.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The state.
    #[error("cannot open the state directory")]
    Disk(#[from] DiskError),
    /// Neither a credential nor a way to get one.
    #[error("{} holds no credential yet: give --hub, --hub-ca, --cluster and --token", .0.display())]
    NoCredential(PathBuf),
    /// The state directory is another cluster's.
    #[error("the state directory belongs to cluster {stored:?}, not {asked:?}")]
    OtherCluster {
        /// As stored.
        stored: String,
        /// As asked for.
        asked: String,
    },
}

/// A running agent.
pub struct Agent {
    /// Whether a session with the hub is open.
    pub connected: watch::Receiver<bool>,
    link: Link,
    reconciler: Arc<Reconciler>,
    reporter: Arc<Reporter>,
    member: kube::Client,
    install_kinds: bool,
    stop: CancellationToken,
}

impl Agent {
    /// Opens the state, joins if need be, and makes all parts. Nothing runs yet.
    pub async fn start(options: AgentOptions, stop: CancellationToken) -> Result<Self, AgentError> {
        let AgentOptions { hub, member, state_dir, metrics, install_kinds } = options;
        let disk = Disk::open(&state_dir)?;
        let inventory = Arc::new(Inventory::open(disk.clone())?);
        let (cluster, access) = open_access(hub, &state_dir, member.clone()).await?;
        let queue = Arc::new(Queue::default());
        for name in inventory.names() {
            queue.add(name);
        }
        let outbox = Arc::new(Outbox::default());
        let reporter = Arc::new(Reporter::default());
        let link = Link::new(LinkParts {
            cluster,
            access,
            disk,
            member: member.clone(),
            inventory: inventory.clone(),
            queue: queue.clone(),
            outbox: outbox.clone(),
            reporter: reporter.clone(),
            metrics,
        });
        let here = Member {
            client: member.clone(),
            kinds: Kinds::default(),
            holdings: Arc::new(Holdings::default()),
            queue,
            stop: stop.clone(),
        };
        let suspended = link.suspended();
        let reconciler = Arc::new(Reconciler { member: here, inventory, outbox, suspended });
        Ok(Self { connected: link.connected(), link, reconciler, reporter, member, install_kinds, stop })
    }

    /// Runs until `stop`.
    pub async fn run(self) {
        let workloads = member_agent_workloads::Options {
            suspended: Some(self.link.suspended()),
            instance: Some(self.link.boot_id.clone()),
            install_crds: self.install_kinds,
            ..member_agent_workloads::Options::default()
        };
        let mut suspended = self.link.suspended();
        let inventory = self.reconciler.inventory.clone();
        let queue = self.reconciler.member.queue.clone();
        let workers = futures::future::join_all((0..WORKERS).map(|_| self.reconciler.clone().work()));
        let wake_on_resume = async move {
            while suspended.changed().await.is_ok() {
                for name in inventory.names() {
                    queue.add(name);
                }
            }
            std::future::pending::<()>().await
        };
        tokio::select! {
            () = self.stop.cancelled() => info!("stopping"),
            () = self.link.keep() => {}
            () = self.reporter.follow(self.member.clone()) => {}
            () = run_workloads(self.member.clone(), workloads, self.stop.clone()) => {}
            _ = workers => {}
            () = wake_on_resume => {}
        }
    }
}

/// The controllers of this cluster's workloads; what keeps them from starting (a cluster that is not there yet)
/// is tried again, whatever becomes of the hub.
async fn run_workloads(
    member: kube::Client,
    options: member_agent_workloads::Options,
    stop: CancellationToken,
) {
    let mut backoff = crate::backoff::Backoff::default();
    while let Err(error) = member_agent_workloads::run(member.clone(), stop.clone(), options.clone()).await {
        tracing::warn!(error = %error, "the workload controllers could not start; trying again");
        tokio::time::sleep(backoff.next_wait()).await;
    }
}

async fn open_access(
    hub: HubAccess,
    state_dir: &std::path::Path,
    member: kube::Client,
) -> Result<(String, Access), AgentError> {
    let (cluster, hub_url, ca_pem, token) = match hub {
        HubAccess::Config { cluster, config } => return Ok((cluster, Access::Config(config))),
        HubAccess::Join { cluster, hub_url, ca_pem, token } => (cluster, hub_url, ca_pem, token),
    };
    let files = CredentialFiles::open(state_dir)?;
    if let Some(mut credential) = files.load()? {
        if credential.cluster != cluster {
            return Err(AgentError::OtherCluster { stored: credential.cluster, asked: cluster });
        }
        if let Some(url) = hub_url {
            credential.hub_url = url;
        }
        if let Some(ca) = ca_pem {
            credential.ca_pem = ca;
        }
        return Ok((cluster, Access::Credential(credential, files)));
    }
    let (Some(hub_url), Some(ca_pem), Some(token)) = (hub_url, ca_pem, token) else {
        return Err(AgentError::NoCredential(state_dir.to_owned()));
    };
    let joiner = Joiner { cluster: cluster.clone(), hub_url, ca_pem, token };
    let credential = join(&joiner, &files, member).await?;
    Ok((cluster, Access::Credential(credential, files)))
}
