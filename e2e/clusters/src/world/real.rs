//! Hub and agents as processes over TLS, members of real components.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use kube::Client;
use kube::config::Kubeconfig;

use super::{AgentStart, CERTIFICATES, MEMBERS, World};
use crate::link::Link;
use crate::member::{Cell, Cluster, Options, connect};
use crate::ports::Port;
use crate::process::{Launch, Own, Program, path_of};
use crate::workdir::Workdir;

/// Cells of each member, as the home map has them.
const CELLS: [(&str, &[&str]); 3] = [
    (MEMBERS[0], &["RZ00A", "RZ01A", "GZ00A", "CZ00A"]),
    (MEMBERS[1], &["RZ00B", "RZ01B", "CZ00B"]),
    (MEMBERS[2], &["RZ82A", "RZ82B", "GZ00B", "CZ82A"]),
];

/// Nodes of each cell.
const NODES: u32 = 2;

/// What hub and agents log: enough to follow one object through all of them.
const LOG: &str = "info,cafefed=debug";

/// The world of processes.
pub struct RealWorld {
    hub: Program,
    client: Client,
    agents: BTreeMap<String, Program>,
    links: BTreeMap<String, Link>,
    members: BTreeMap<String, Cluster>,
    port: Port,
    workdir: Workdir,
}

impl RealWorld {
    /// Starts members and hub; no member has joined.
    pub async fn start() -> Result<Self> {
        let clusters = CELLS.map(|(name, cells)| {
            Options::member(name, cells.iter().map(|cell| Cell::new(cell, NODES)))
        });
        let workdir = Workdir::create("federation")?;
        let port = Port::reserve()?;
        let (clusters, hub) =
            tokio::try_join!(Cluster::start_all(clusters), Program::start(hub(&workdir, &port, CERTIFICATES)?))?;
        let client = connect(&workdir.join("hub/admin.kubeconfig")).await?;
        let mut links = BTreeMap::new();
        for name in MEMBERS {
            links.insert(name.to_owned(), Link::to(port.address()).await?);
        }
        let members = clusters.into_iter().map(|cluster| (cluster.name().to_owned(), cluster)).collect();
        let world = Self { hub, client, agents: BTreeMap::new(), links, members, port, workdir };
        std::fs::write(world.workdir.join("hub-ca.crt"), world.ca()?)?;
        Ok(world)
    }

    /// The hub's CA, as its kubeconfig has it.
    fn ca(&self) -> Result<Vec<u8>> {
        use base64::Engine;
        let file = Kubeconfig::read_from(self.workdir.join("hub/admin.kubeconfig"))?;
        let cluster = file.clusters.first().and_then(|named| named.cluster.clone());
        let data = cluster.and_then(|cluster| cluster.certificate_authority_data);
        let data = data.context("the hub's kubeconfig has no certificate-authority-data")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(data)?)
    }

    fn cluster(&self, name: &str) -> &Cluster {
        let found = self.members.get(name);
        found.unwrap_or_else(|| panic!("{name} is no member of this world"))
    }
}

fn hub(workdir: &Workdir, port: &Port, certificates: Duration) -> Result<Launch> {
    Ok(Launch::new("hub", path_of(Own::FederationHub)?, workdir.path())
        .env("RUST_LOG", LOG)
        .arg("serve")
        .arg("--data-dir")
        .arg(workdir.join("hub"))
        .args(["--listen".to_owned(), port.address().to_string()])
        .args(["--agent-certificate-seconds".to_owned(), certificates.as_secs().to_string()])
        .ready_file(workdir.join("hub.ready")))
}

#[async_trait(?Send)]
impl World for RealWorld {
    fn hub(&self) -> Client {
        self.client.clone()
    }

    fn member(&self, name: &str) -> Client {
        self.cluster(name).client()
    }

    fn link(&self, member: &str) -> &Link {
        let found = self.links.get(member);
        found.unwrap_or_else(|| panic!("{member} is no member of this world"))
    }

    fn state_dir(&self, agent: &str) -> PathBuf {
        self.workdir.join(format!("agent-{agent}"))
    }

    async fn start_hub(&mut self, certificates: Duration) -> Result<()> {
        if self.hub.is_running() {
            return Ok(());
        }
        let _ = self.hub.kill9();
        self.hub.set_launch(hub(&self.workdir, &self.port, certificates)?);
        self.hub.start_again().await
    }

    async fn kill_hub(&mut self) -> Result<()> {
        self.hub.kill9()
    }

    async fn start_agent(&mut self, start: AgentStart) -> Result<()> {
        let key = start.agent.clone();
        if self.agents.get_mut(&key).is_some_and(Program::is_running) {
            return Ok(());
        }
        let mut launch = Launch::new(&format!("agent-{key}"), path_of(Own::MemberAgent)?, self.workdir.path())
            .env("RUST_LOG", LOG)
            .args(["--hub".to_owned(), format!("https://{}", self.link(&start.place).address())])
            .arg("--hub-ca")
            .arg(self.workdir.join("hub-ca.crt"))
            .args(["--cluster", &start.cluster])
            .arg("--kubeconfig")
            .arg(self.cluster(&start.place).kubeconfig_path())
            .arg("--state-dir")
            .arg(self.state_dir(&key));
        if let Some(token) = &start.token {
            launch = launch.args(["--token", token]);
        }
        self.agents.insert(key, Program::start(launch).await?);
        Ok(())
    }

    async fn kill_agent(&mut self, agent: &str) -> Result<()> {
        match self.agents.remove(agent) {
            Some(mut program) => program.kill9(),
            None => Ok(()),
        }
    }

    async fn last_words(&mut self, agent: &str) -> Result<Option<String>> {
        let program = self.agents.get_mut(agent).with_context(|| format!("agent {agent} was not started"))?;
        Ok(if program.is_running() { None } else { Some(program.log_tail()) })
    }

    fn members_restart(&self) -> bool {
        true
    }

    async fn kill_member(&mut self, member: &str) -> Result<()> {
        let found = self.members.get_mut(member);
        found.with_context(|| format!("{member} is no member"))?.kill9_apiserver()
    }

    async fn start_member(&mut self, member: &str) -> Result<()> {
        let found = self.members.get_mut(member).with_context(|| format!("{member} is no member"))?;
        if found.apiserver().is_running() {
            return Ok(());
        }
        found.start_apiserver().await
    }

    fn logs(&self) -> String {
        self.workdir.path().display().to_string()
    }

    async fn end(mut self: Box<Self>, well: bool) -> Result<()> {
        if well {
            self.agents.clear();
            let _ = self.hub.kill9();
            self.workdir.remove();
            std::mem::take(&mut self.members).into_values().for_each(Cluster::finish);
        }
        Ok(())
    }
}
