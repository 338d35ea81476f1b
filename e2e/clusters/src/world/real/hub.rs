//! The two hubs of a real world: our own program, and a plain kube-apiserver with our controllers beside it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use kube::config::Kubeconfig;

use super::LOG;
use crate::member::{Cluster, Options};
use crate::ports::Port;
use crate::process::{Launch, Own, Program, path_of};
use crate::workdir::Workdir;

/// A hub and its processes.
pub(super) enum Hub {
    /// `federation-hub serve`.
    Own { program: Program, port: Port },
    /// `federation-hub controllers` against a kube-apiserver.
    Plain { api: Box<Cluster>, controllers: Program },
}

impl Hub {
    /// Starts our own hub.
    pub(super) async fn start_own(workdir: &Workdir, certificates: Duration) -> Result<Self> {
        let port = Port::reserve()?;
        let program = Program::start(serve(workdir, &port, certificates)?).await?;
        Ok(Self::Own { program, port })
    }

    /// Starts a kube-apiserver and our controllers.
    pub(super) async fn start_plain(workdir: &Workdir) -> Result<Self> {
        let api = Box::new(Cluster::start(Options::plain("hub")).await?);
        let launch = Launch::new("hub", path_of(Own::FederationHub)?, workdir.path())
            .env("RUST_LOG", LOG)
            .arg("controllers")
            .arg("--kubeconfig")
            .arg(api.kubeconfig_path())
            .ready_file(workdir.join("hub.ready"));
        Ok(Self::Plain { controllers: Program::start(launch).await?, api })
    }

    /// Where it listens, the same over restarts.
    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::Own { port, .. } => port.address(),
            Self::Plain { api, .. } => api.address(),
        }
    }

    /// The administrator's kubeconfig.
    pub(super) fn kubeconfig(&self, workdir: &Workdir) -> PathBuf {
        match self {
            Self::Own { .. } => workdir.join("hub/admin.kubeconfig"),
            Self::Plain { api, .. } => api.kubeconfig_path().to_owned(),
        }
    }

    /// Its CA, as the administrator's kubeconfig has it.
    pub(super) fn ca(&self, workdir: &Workdir) -> Result<Vec<u8>> {
        let file = Kubeconfig::read_from(self.kubeconfig(workdir))?;
        let cluster = file.clusters.first().and_then(|named| named.cluster.clone());
        let data = cluster.and_then(|cluster| cluster.certificate_authority_data);
        let data = data.context("the hub's kubeconfig has no certificate-authority-data")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(data)?)
    }

    /// Starts again what does not run.
    pub(super) async fn start(&mut self, workdir: &Workdir, certificates: Duration) -> Result<()> {
        match self {
            Self::Own { program, port } => {
                if program.is_running() {
                    return Ok(());
                }
                // One that ended by itself still has to be taken off the books.
                let _ = program.kill9();
                program.set_launch(serve(workdir, port, certificates)?);
                program.start_again().await
            }
            Self::Plain { api, controllers } => {
                if !api.apiserver().is_running() {
                    api.start_apiserver().await?;
                }
                if controllers.is_running() {
                    return Ok(());
                }
                let _ = controllers.kill9();
                controllers.start_again().await
            }
        }
    }

    /// `kill -9` of all of it that answers and decides.
    pub(super) fn kill9(&mut self) -> Result<()> {
        match self {
            Self::Own { program, .. } => program.kill9(),
            Self::Plain { api, controllers } => {
                controllers.kill9()?;
                api.kill9_apiserver()
            }
        }
    }

    /// Ends it after a run that went well.
    pub(super) fn finish(self) {
        if let Self::Plain { api, .. } = self {
            api.finish();
        }
    }
}

fn serve(workdir: &Workdir, port: &Port, certificates: Duration) -> Result<Launch> {
    Ok(Launch::new("hub", path_of(Own::FederationHub)?, workdir.path())
        .env("RUST_LOG", LOG)
        .arg("serve")
        .arg("--data-dir")
        .arg(workdir.join("hub"))
        .args(["--listen".to_owned(), port.address().to_string()])
        .args(["--agent-certificate-seconds".to_owned(), certificates.as_secs().to_string()])
        .ready_file(workdir.join("hub.ready")))
}
