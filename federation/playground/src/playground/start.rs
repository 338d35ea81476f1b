//! Starts everything: the hub, the simulated members beside it, then an agent in each, joined by a token.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use federation::hub::{Hub, HubOptions};
use member_agent::agent::{Agent, AgentOptions, HubAccess};
use member_agent::metrics::Metrics;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::token::create_token;
use super::{Options, dir};
use crate::member::{SimulatedCluster, SimulatedOptions};
use crate::world::{self, ClusterSpec};

/// A playground that runs.
pub struct Playground {
    /// A client of the hub.
    pub hub: kube::Client,
    /// Address of the hub.
    pub hub_url: String,
    /// Kubeconfig of the hub.
    pub hub_kubeconfig: PathBuf,
    /// The members, in the order of names.
    pub members: Vec<SimulatedCluster>,
    stop: CancellationToken,
    /// Held while the playground runs.
    _lock: std::fs::File,
    hub_task: JoinHandle<anyhow::Result<()>>,
}

impl Playground {
    /// Starts it; everything ends with `stop`, or with [`Playground::end`].
    pub async fn start(options: Options, stop: CancellationToken) -> anyhow::Result<Self> {
        // A second call is no error: the provider is there then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = options.data_dir.clone();
        let lock = dir::fresh(&dir)?;
        std::fs::create_dir_all(dir.join("members"))
            .with_context(|| format!("cannot make {}", dir.display()))?;
        let hub_options = HubOptions {
            data_dir: dir.join("hub"),
            listen: options.listen,
            names: Vec::new(),
            agent_certificate: Duration::from_secs(24 * 3600),
        };
        let hub = Hub::start(hub_options, stop.clone()).await?;
        let hub_kubeconfig = dir.join("hub.kubeconfig");
        copy_private(hub.kubeconfig(), &hub_kubeconfig)?;
        let (client, url, ca) = (hub.client(), hub.url().to_owned(), hub.ca_pem());
        let hub_task = tokio::spawn(hub.run());
        world::apply(&client, world::WORLD).await?;
        let specs = world::clusters(options.clusters)?;
        let starter =
            Starter { dir: &dir, start_delay: options.start_delay, hub: &client, url: &url, ca: &ca };
        let starting = specs.iter().map(|spec| starter.start(spec, &stop));
        let members = futures::future::try_join_all(starting).await?;
        let epoch = federation::commit_home_map(&client).await?;
        tracing::info!(epoch, "the home map is in force");
        Ok(Self { hub: client, hub_url: url, hub_kubeconfig, members, stop, _lock: lock, hub_task })
    }

    /// Ends everything in order.
    pub async fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        for member in &self.members {
            member.stop().await;
        }
        self.hub_task.await.context("the hub broke")?
    }

    /// Comes back when the hub ends.
    pub async fn hub_ended(&mut self) -> anyhow::Result<()> {
        (&mut self.hub_task).await.context("the hub broke")?
    }
}

/// What all members are started with.
struct Starter<'a> {
    dir: &'a Path,
    start_delay: Duration,
    hub: &'a kube::Client,
    url: &'a str,
    ca: &'a str,
}

impl Starter<'_> {
    async fn start(&self, spec: &ClusterSpec, stop: &CancellationToken) -> anyhow::Result<SimulatedCluster> {
        let name = &spec.name;
        let dir = self.dir.join("members").join(format!("{name}.d"));
        let options = SimulatedOptions {
            name: name.clone(),
            cells: spec.cell_specs(),
            dir: dir.clone(),
            start_delay: self.start_delay,
        };
        let cluster = SimulatedCluster::start(options, stop.clone()).await;
        let cluster = cluster.with_context(|| format!("cannot start member {name}"))?;
        copy_private(cluster.kubeconfig(), &self.dir.join("members").join(format!("{name}.kubeconfig")))?;
        let agent = AgentOptions {
            hub: HubAccess::Join {
                cluster: name.clone(),
                hub_url: Some(self.url.to_owned()),
                ca_pem: Some(self.ca.to_owned()),
                token: Some(create_token(self.hub, name, name).await?),
            },
            member: cluster.client(),
            state_dir: dir.join("agent"),
            metrics: Arc::new(Metrics::default()),
            install_kinds: false,
        };
        let agent = Agent::start(agent, stop.clone()).await;
        let agent = agent.with_context(|| format!("cannot start the agent of {name}"))?;
        let mut connected = agent.connected.clone();
        tokio::spawn(agent.run());
        connected
            .wait_for(|connected| *connected)
            .await
            .with_context(|| format!("the agent of {name} ended"))?;
        Ok(cluster)
    }
}

/// Kubeconfigs hold keys.
fn copy_private(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    federation_apiserver::pki::write_private(to, &bytes)?;
    Ok(())
}
