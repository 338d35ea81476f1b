//! A real member cluster: etcd and kube-apiserver, and on request controllers, scheduler and simulated nodes.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use e2e_clusters::member::{Cell, Cluster, Options};
//!
//! let mut hangzhou = Cluster::start(Options::member("hz1", [Cell::new("RZ00A", 2), Cell::new("RZ00B", 2)])).await?;
//! let client = hangzhou.client();
//! hangzhou.restart_apiserver().await?;
//! hangzhou.finish();
//! # Ok(()) }
//! ```

mod authority;
mod kubeconfig;
mod nodes;
mod parts;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use authority::Authority;
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
pub use nodes::{CELL_LABEL, Cell};
use parts::Layout;

use crate::ports::Port;
use crate::process::Program;
use crate::wait;
use crate::workdir::Workdir;

/// How long a component may take for an orderly end.
const STOP: Duration = Duration::from_secs(15);

/// What a cluster is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// The cluster's name: in messages, log folders and the names of nodes.
    pub name: String,
    /// The cells and how many nodes each has. Without KWOK there are no nodes.
    pub cells: Vec<Cell>,
    /// Simulated nodes and kubelets.
    pub kwok: bool,
    /// kube-controller-manager (namespaces, garbage collection, ReplicaSets, service accounts, …) and
    /// kube-scheduler.
    pub controllers: bool,
    /// Whether etcd waits for the disk before it answers. Only a benchmark pays for that.
    pub durable: bool,
}

impl Options {
    /// A member: controllers, scheduler, and simulated nodes in `cells`.
    pub fn member(name: &str, cells: impl IntoIterator<Item = Cell>) -> Self {
        Self {
            name: name.to_owned(),
            cells: cells.into_iter().collect(),
            kwok: true,
            controllers: true,
            durable: false,
        }
    }

    /// A plain API server with namespaces, service accounts and garbage collection, but no nodes: a hub of Go.
    pub fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), cells: Vec::new(), kwok: false, controllers: true, durable: false }
    }

    /// An API server on etcd and nothing else.
    pub fn bare(name: &str) -> Self {
        Self { name: name.to_owned(), cells: Vec::new(), kwok: false, controllers: false, durable: false }
    }

    /// With an etcd that waits for the disk before it answers.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }
}

/// A running cluster. All of it is killed when it is dropped; its folder is removed by [`Cluster::finish`] only.
pub struct Cluster {
    name: String,
    authority: Authority,
    client: Client,
    port: Port,
    // In the order in which they end: those who talk to the API server first, the store last.
    clients: Vec<Program>,
    apiserver: Program,
    etcd: Program,
    kubeconfig: PathBuf,
    workdir: Workdir,
    _etcd_ports: [Port; 2],
}

impl Cluster {
    /// Starts a cluster and waits until its nodes are ready and pods can be made in namespace `default`.
    pub async fn start(options: Options) -> Result<Self> {
        let name = options.name.clone();
        Self::start_parts(options).await.with_context(|| format!("start cluster {name}"))
    }

    /// Starts several clusters side by side, in the order given.
    pub async fn start_all(options: impl IntoIterator<Item = Options>) -> Result<Vec<Self>> {
        futures::future::try_join_all(options.into_iter().map(Self::start)).await
    }

    async fn start_parts(options: Options) -> Result<Self> {
        let workdir = Workdir::create(&options.name)?;
        let port = Port::reserve()?;
        let etcd_ports = [Port::reserve()?, Port::reserve()?];
        let authority = Authority::create(&options.name)?;
        let layout = Layout::write(&workdir, &authority, &port, &etcd_ports)?;
        let etcd = Program::start(layout.etcd(options.durable)?).await?;
        let apiserver = Program::start(layout.apiserver()?).await?;
        let client = connect(&layout.kubeconfig).await?;
        let mut cluster = Self {
            name: options.name.clone(),
            authority,
            client,
            port,
            clients: Vec::new(),
            apiserver,
            etcd,
            kubeconfig: layout.kubeconfig.clone(),
            workdir,
            _etcd_ports: etcd_ports,
        };
        cluster.wait_serving().await?;
        if options.kwok {
            nodes::create(&cluster.client, &options).await?;
            cluster.clients.push(Program::start(layout.kwok()?).await?);
        }
        if options.controllers {
            cluster.clients.push(Program::start(layout.controller_manager()?).await?);
            cluster.clients.push(Program::start(layout.scheduler()?).await?);
        }
        cluster.wait_usable(&options).await?;
        Ok(cluster)
    }

    async fn wait_serving(&mut self) -> Result<()> {
        let client = self.client.clone();
        self.apiserver
            .wait_ready(wait::LONG, async || {
                let request = http::Request::get("/readyz").body(Vec::new())?;
                let answer = client.request_text(request).await?;
                ensure!(answer == "ok", "/readyz says {answer}");
                Ok(())
            })
            .await
    }

    async fn wait_usable(&mut self, options: &Options) -> Result<()> {
        let nodes = if options.kwok { options.cells.iter().map(|cell| cell.nodes).sum() } else { 0 };
        let client = &self.client;
        let clients = &mut self.clients;
        wait::until("ready nodes and the default service account", wait::LONG, async || {
            for program in clients.iter_mut() {
                program.check_running()?;
            }
            nodes::check_ready(client, nodes).await?;
            if options.controllers {
                nodes::check_service_account(client).await?;
            }
            Ok(())
        })
        .await
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A client with all rights.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The address of the API server: `https://127.0.0.1:PORT`, the same over restarts.
    pub fn url(&self) -> String {
        format!("https://{}", self.port.address())
    }

    /// Where the API server listens, the same over restarts.
    pub fn address(&self) -> std::net::SocketAddr {
        self.port.address()
    }

    /// A kubeconfig file with all rights (the user is in `system:masters`).
    pub fn kubeconfig_path(&self) -> &Path {
        &self.kubeconfig
    }

    /// Writes a kubeconfig file for a user of a group, who has the rights that RBAC gives to both.
    pub fn kubeconfig_for(&self, user: &str, group: &str) -> Result<PathBuf> {
        let credential = self.authority.client(user, group)?;
        let file = format!("{}.kubeconfig", user.replace([':', '/'], "-"));
        self.workdir.write(&file, kubeconfig::render(&self.name, &self.url(), &self.authority, &credential)?)
    }

    /// The folder with the cluster's logs and kubeconfigs; a test may put its own files there.
    pub fn workdir(&self) -> &Path {
        self.workdir.path()
    }

    /// Stops the API server in order; clients see refused connections until [`Self::start_apiserver`].
    pub async fn stop_apiserver(&mut self) -> Result<()> {
        self.apiserver.stop(STOP).await.map(|_| ())
    }

    /// `kill -9` of the API server.
    pub fn kill9_apiserver(&mut self) -> Result<()> {
        self.apiserver.kill9()
    }

    /// Starts a stopped or killed API server again, with its data and on its port, and waits until it serves.
    pub async fn start_apiserver(&mut self) -> Result<()> {
        self.apiserver.start_again().await?;
        self.wait_serving().await
    }

    /// Stops the API server in order and starts it again.
    pub async fn restart_apiserver(&mut self) -> Result<()> {
        self.stop_apiserver().await?;
        self.start_apiserver().await
    }

    /// The process of the API server, to be paused, measured or read.
    pub fn apiserver(&mut self) -> &mut Program {
        &mut self.apiserver
    }

    /// The process of etcd.
    pub fn etcd(&mut self) -> &mut Program {
        &mut self.etcd
    }

    /// Ends everything at once, as when the machine is gone. The folder stays until [`Self::finish`].
    pub fn kill9(&mut self) {
        for program in self.clients.iter_mut().chain([&mut self.apiserver, &mut self.etcd]) {
            // One that is stopped already is as dead as it can be.
            let _ = program.kill9();
        }
    }

    /// Ends the cluster after a run that went well: kills all processes and removes the folder.
    pub fn finish(mut self) {
        self.kill9();
        self.workdir.remove();
    }
}

/// A client out of a kubeconfig file.
pub async fn connect(kubeconfig: &Path) -> Result<Client> {
    let file = Kubeconfig::read_from(kubeconfig)
        .with_context(|| format!("read kubeconfig {}", kubeconfig.display()))?;
    let config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .with_context(|| format!("use kubeconfig {}", kubeconfig.display()))?;
    Client::try_from(config).with_context(|| format!("make a client of {}", kubeconfig.display()))
}
