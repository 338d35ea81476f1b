//! A [`World`] of the playground's parts: the hub on a socket, simulated members, the agents' code as tasks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use e2e_clusters::link::Link;
use e2e_clusters::member::connect;
use e2e_clusters::ports::Port;
use e2e_clusters::wait;
use e2e_clusters::workdir::Workdir;
use e2e_clusters::world::{AgentStart, CERTIFICATES, MEMBERS, World};
use federation::hub::{Hub, HubOptions};
use federation_playground::member::{SimulatedCluster, SimulatedOptions};
use federation_playground::world::clusters;
use federation_store::{EmbeddedStore, Options};
use kube::Client;
use member_agent::agent::{Agent, AgentOptions, HubAccess};
use member_agent::metrics::Metrics;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a simulated container takes to start.
const START: Duration = Duration::from_millis(20);

/// A task that can be told to end.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<()>>,
    /// What it said when it ended.
    words: Option<String>,
}

impl Running {
    fn new(stop: CancellationToken, task: JoinHandle<Result<()>>) -> Self {
        Self { stop, task, words: None }
    }
}

/// The playground's world.
pub(crate) struct SimulatedWorld {
    hub: Option<Running>,
    ca: String,
    client: Client,
    agents: BTreeMap<String, Running>,
    links: BTreeMap<String, Link>,
    members: BTreeMap<String, SimulatedCluster>,
    stop: CancellationToken,
    port: Port,
    workdir: Workdir,
}

impl SimulatedWorld {
    /// Starts members and hub; no member has joined.
    pub(crate) async fn start() -> Result<Self> {
        // A second call is no error: the provider is there then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let workdir = Workdir::create("playground")?;
        log_to(&workdir)?;
        let (port, stop) = (Port::reserve()?, CancellationToken::new());
        let (hub, ca) = hub(&workdir, &port, CERTIFICATES).await?;
        let client = connect(&workdir.join("hub/admin.kubeconfig")).await?;
        let (mut members, mut links) = (BTreeMap::new(), BTreeMap::new());
        for spec in clusters(MEMBERS.len())? {
            let options = SimulatedOptions {
                name: spec.name.clone(),
                cells: spec.cell_specs(),
                dir: workdir.join(format!("member-{}", spec.name)),
                start_delay: START,
            };
            members.insert(spec.name.clone(), SimulatedCluster::start(options, stop.clone()).await?);
            links.insert(spec.name, Link::to(port.address()).await?);
        }
        Ok(Self { hub: Some(hub), ca, client, agents: BTreeMap::new(), links, members, stop, port, workdir })
    }
}

/// Logs of everything go into one file of the folder.
fn log_to(workdir: &Workdir) -> Result<()> {
    let file = std::fs::File::create(workdir.join("log"))?;
    let filter = tracing_subscriber::EnvFilter::new("info");
    tracing_subscriber::fmt().with_ansi(false).with_env_filter(filter).with_writer(Arc::new(file)).init();
    Ok(())
}

/// Starts the hub on the world's port; it serves when this returns.
async fn hub(workdir: &Workdir, port: &Port, agent_certificate: Duration) -> Result<(Running, String)> {
    let stop = CancellationToken::new();
    let listen: SocketAddr = port.address();
    let options = HubOptions { data_dir: workdir.join("hub"), listen, names: Vec::new(), agent_certificate };
    let hub = Hub::start(options, stop.clone()).await?;
    let ca = hub.ca_pem();
    Ok((Running::new(stop, tokio::spawn(hub.run())), ca))
}

async fn agent(options: AgentOptions, stop: CancellationToken) -> Result<()> {
    Agent::start(options, stop).await?.run().await;
    Ok(())
}

#[async_trait(?Send)]
impl World for SimulatedWorld {
    fn hub(&self) -> Client {
        self.client.clone()
    }

    fn member(&self, name: &str) -> Client {
        let found = self.members.get(name);
        found.unwrap_or_else(|| panic!("{name} is no member of this world")).client()
    }

    fn link(&self, member: &str) -> &Link {
        let found = self.links.get(member);
        found.unwrap_or_else(|| panic!("{member} is no member of this world"))
    }

    fn state_dir(&self, agent: &str) -> PathBuf {
        self.workdir.join(format!("agent-{agent}"))
    }

    async fn start_hub(&mut self, certificates: Duration) -> Result<()> {
        if self.hub.as_ref().is_some_and(|hub| !hub.task.is_finished()) {
            return Ok(());
        }
        self.hub = Some(hub(&self.workdir, &self.port, certificates).await?.0);
        Ok(())
    }

    /// In one process a hub cannot die without its tasks: it is told to end, and its store is closed.
    async fn kill_hub(&mut self) -> Result<()> {
        let hub = self.hub.take().context("the hub does not run")?;
        hub.stop.cancel();
        hub.task.await.context("the hub broke")??;
        // The last of its tasks lets go of the store's file a moment later.
        wait::until("the hub's store to be free", wait::LONG, async || {
            let path = self.workdir.join("hub/store.redb");
            EmbeddedStore::open(path, Options::default())?.close().await;
            Ok(())
        })
        .await
    }

    async fn start_agent(&mut self, start: AgentStart) -> Result<()> {
        let key = start.agent.clone();
        if self.agents.get(&key).is_some_and(|agent| !agent.task.is_finished()) {
            return Ok(());
        }
        let options = AgentOptions {
            hub: HubAccess::Join {
                cluster: start.cluster,
                hub_url: Some(format!("https://{}", self.link(&start.place).address())),
                ca_pem: Some(self.ca.clone()),
                token: start.token,
            },
            member: self.member(&start.place),
            state_dir: self.state_dir(&key),
            install_kinds: false,
            metrics: Arc::new(Metrics::default()),
        };
        let stop = self.stop.child_token();
        let task = tokio::spawn(agent(options, stop.clone()));
        self.agents.insert(key, Running::new(stop, task));
        Ok(())
    }

    async fn kill_agent(&mut self, agent: &str) -> Result<()> {
        if let Some(running) = self.agents.remove(agent) {
            running.task.abort();
            running.stop.cancel();
            if running.words.is_none() {
                // An aborted task ends with an error, which says no more than that.
                let _ = running.task.await;
            }
        }
        Ok(())
    }

    async fn last_words(&mut self, agent: &str) -> Result<Option<String>> {
        let running = self.agents.get_mut(agent).with_context(|| format!("agent {agent} was not started"))?;
        if !running.task.is_finished() {
            return Ok(None);
        }
        if running.words.is_none() {
            running.words = Some(match (&mut running.task).await {
                Ok(Ok(())) => "it ended in order".to_owned(),
                Ok(Err(error)) => format!("{error:#}"),
                Err(error) => error.to_string(),
            });
        }
        Ok(running.words.clone())
    }

    fn logs(&self) -> String {
        self.workdir.path().display().to_string()
    }

    async fn end(mut self: Box<Self>, well: bool) -> Result<()> {
        for agent in std::mem::take(&mut self.agents).into_keys().collect::<Vec<_>>() {
            self.kill_agent(&agent).await?;
        }
        if self.hub.is_some() {
            self.kill_hub().await?;
        }
        self.stop.cancel();
        if well {
            self.workdir.remove();
        }
        Ok(())
    }
}
