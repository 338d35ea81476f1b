//! Hub and agents as processes over TLS, members of real components.

mod hub;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use hub::Hub;
use kube::Client;

use super::{AgentStart, CERTIFICATES, MEMBERS, World};
use crate::link::Link;
use crate::member::{Cell, Cluster, Options, connect};
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
    hub: Option<Hub>,
    client: Client,
    agents: BTreeMap<String, Program>,
    links: BTreeMap<String, Link>,
    members: BTreeMap<String, Cluster>,
    workdir: Workdir,
}

impl RealWorld {
    /// Starts members and our own hub; no member has joined.
    pub async fn start() -> Result<Self> {
        let workdir = Workdir::create("federation")?;
        let (clusters, hub) =
            tokio::try_join!(Cluster::start_all(members()), Hub::start_own(&workdir, CERTIFICATES))?;
        Self::around(workdir, hub, clusters).await
    }

    /// Starts members, a plain kube-apiserver as the hub, and our controllers beside it.
    pub async fn start_on_plain_hub() -> Result<Self> {
        let workdir = Workdir::create("federation")?;
        let (clusters, hub) = tokio::try_join!(Cluster::start_all(members()), Hub::start_plain(&workdir))?;
        Self::around(workdir, hub, clusters).await
    }

    async fn around(workdir: Workdir, hub: Hub, clusters: Vec<Cluster>) -> Result<Self> {
        let client = connect(&hub.kubeconfig(&workdir)).await?;
        workdir.write("hub-ca.crt", hub.ca(&workdir)?)?;
        let mut links = BTreeMap::new();
        for name in MEMBERS {
            links.insert(name.to_owned(), Link::to(hub.address()).await?);
        }
        let members = clusters.into_iter().map(|cluster| (cluster.name().to_owned(), cluster)).collect();
        Ok(Self { hub: Some(hub), client, agents: BTreeMap::new(), links, members, workdir })
    }

    fn cluster(&self, name: &str) -> &Cluster {
        let found = self.members.get(name);
        found.unwrap_or_else(|| panic!("{name} is no member of this world"))
    }
}

fn members() -> Vec<Options> {
    let cells = |cells: &[&str]| cells.iter().map(|cell| Cell::new(cell, NODES)).collect::<Vec<_>>();
    CELLS.iter().map(|(name, of)| Options::member(name, cells(of))).collect()
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
        self.hub.as_mut().context("the world has ended")?.start(&self.workdir, certificates).await
    }

    async fn kill_hub(&mut self) -> Result<()> {
        self.hub.as_mut().context("the world has ended")?.kill9()
    }

    async fn start_agent(&mut self, start: AgentStart) -> Result<()> {
        let key = start.agent.clone();
        if self.agents.get_mut(&key).is_some_and(Program::is_running) {
            return Ok(());
        }
        let mut launch =
            Launch::new(&format!("agent-{key}"), path_of(Own::MemberAgent)?, self.workdir.path())
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
            if let Some(hub) = self.hub.take() {
                hub.finish();
            }
            self.workdir.remove();
            std::mem::take(&mut self.members).into_values().for_each(Cluster::finish);
        }
        Ok(())
    }
}
