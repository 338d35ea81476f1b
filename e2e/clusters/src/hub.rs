//! Our hub as a process over TLS: started, killed and started again on its port with its data.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::link::Link;
use crate::member::connect;
use crate::ports::Port;
use crate::process::{Launch, Own, Program, path_of};
use crate::wait;
use crate::workdir::Workdir;

/// A running hub. It is killed when it is dropped; its folder is removed by [`Hub::finish`] only.
pub struct Hub {
    program: Program,
    port: Port,
    data: PathBuf,
    workdir: Workdir,
}

impl Hub {
    /// Starts a hub with an empty store and waits until it serves. `name` begins the name of its folder.
    pub async fn start(name: &str) -> Result<Self> {
        let workdir = Workdir::create(name)?;
        let port = Port::reserve()?;
        let data = workdir.join("data");
        let launch = Launch::new("federation-hub", path_of(Own::FederationHub)?, workdir.path())
            .arg("serve")
            .arg("--data-dir")
            .arg(data.as_os_str())
            .args(["--listen".to_owned(), port.address().to_string()])
            .ready_file(workdir.join("ready"));
        let program = Program::start(launch).await.with_context(|| format!("start the hub of {name}"))?;
        let hub = Self { program, port, data, workdir };
        hub.wait_for_defaults().await?;
        Ok(hub)
    }

    /// The service account of namespace `default` is made by a controller just after the start.
    async fn wait_for_defaults(&self) -> Result<()> {
        let client = self.client().await?;
        let accounts: kube::Api<k8s_openapi::api::core::v1::ServiceAccount> =
            kube::Api::namespaced(client, "default");
        wait::until("the default service account", wait::LONG, async || {
            Ok(accounts.get("default").await.map(|_| ())?)
        })
        .await
    }

    /// Where it listens, the same over restarts.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.data.join("admin.kubeconfig")
    }

    /// A client with all rights.
    pub async fn client(&self) -> Result<Client> {
        connect(&self.kubeconfig()).await
    }

    /// A client with all rights that reaches the hub through a link only.
    pub async fn client_through(&self, link: &Link) -> Result<Client> {
        let mut config = Kubeconfig::read_from(self.kubeconfig()).context("read the hub's kubeconfig")?;
        for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
            cluster.server = Some(format!("https://{}", link.address()));
        }
        let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await?;
        Client::try_from(config).context("make a client through a link")
    }

    /// The folder of the run; a test may put its own files there.
    pub fn workdir(&self) -> &Path {
        self.workdir.path()
    }

    /// The process, to be paused, measured or read.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// `kill -9`.
    pub fn kill9(&mut self) -> Result<()> {
        self.program.kill9()
    }

    /// Starts a killed or stopped hub again, with its data and on its port.
    pub async fn start_again(&mut self) -> Result<()> {
        self.program.start_again().await
    }

    /// Ends the hub after a run that went well, and removes its folder.
    pub fn finish(mut self) {
        // One that is stopped already is as dead as it can be.
        let _ = self.program.kill9();
        self.workdir.remove();
    }
}
