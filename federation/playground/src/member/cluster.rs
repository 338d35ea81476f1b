//! Starts and stops a simulated cluster.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use federation_apiserver::pki::Pki;
use federation_apiserver::resource::Caller;
use federation_apiserver::server::{ApiServer, Config};
use federation_apiserver::{builtin, custom};
use federation_store::EmbeddedStore;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::binding::{AllowsBinding, SIMULATOR};
use super::{machines, pods, replica_sets};
use crate::kubelet::Delays;

/// One cell of a simulated cluster.
#[derive(Clone, Debug)]
pub struct CellSpec {
    /// Value of the node label.
    pub name: String,
    /// Nodes that carry it.
    pub nodes: usize,
    /// Pods that each of them holds.
    pub pods_per_node: usize,
}

/// What a simulated cluster is like.
#[derive(Clone, Debug)]
pub struct SimulatedOptions {
    /// Its name.
    pub name: String,
    /// Its cells.
    pub cells: Vec<CellSpec>,
    /// Keys are kept here, and the kubeconfig.
    pub dir: PathBuf,
    /// How long a container takes to start.
    pub start_delay: Duration,
}

/// A simulated cluster that runs.
pub struct SimulatedCluster {
    /// Its name.
    pub name: String,
    client: kube::Client,
    kubeconfig: PathBuf,
    url: String,
    server: ApiServer,
}

impl SimulatedCluster {
    /// Starts it; its tasks end with `stop`.
    pub async fn start(options: SimulatedOptions, stop: CancellationToken) -> anyhow::Result<Self> {
        let store = EmbeddedStore::in_memory().context("cannot make a store in memory")?;
        let server = ApiServer::start(Config::new(Arc::new(store), resources()?)).await?;
        let pki = Pki::open(&options.dir.join("pki"), &[], Timestamp::now().as_second())?;
        let listener =
            TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.context("cannot listen")?;
        let url = format!("https://{}", listener.local_addr().context("the socket has no address")?);
        let kubeconfig = options.dir.join("kubeconfig");
        pki.write_admin_kubeconfig(&kubeconfig, &url)?;
        let tls = pki.server_config()?;
        let serving = server.clone();
        tokio::spawn(async move { serving.serve(listener, tls).await });
        let client = kube::Client::new(server.service(simulator()), "default");
        let ca = pki.authority().certificate_pem().to_owned();
        tokio::spawn(federation_apiserver::controllers::run(client.clone(), ca, stop.clone()));
        machines::create(&client, &options.cells).await?;
        let delays = Delays { start: options.start_delay };
        tokio::spawn(until(stop.clone(), pods::run(client.clone(), delays)));
        tokio::spawn(until(stop.clone(), replica_sets::run(client.clone())));
        Ok(Self { name: options.name, client, kubeconfig, url, server })
    }

    /// A client in this process with all rights.
    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// Where it is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends its server.
    pub async fn stop(&self) {
        self.server.drain().await;
    }
}

async fn until(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

fn resources() -> anyhow::Result<Vec<federation_apiserver::resource::Resource>> {
    let mut resources = builtin::member();
    for resource in &mut resources {
        if resource.group.is_empty() && resource.plural == "pods" {
            resource.strategy = Arc::new(AllowsBinding(resource.strategy.clone()));
        }
    }
    for crd in crds::manifests::member() {
        resources.push(custom::resource(&serde_json::to_value(&crd)?)?);
    }
    Ok(resources)
}

fn simulator() -> Caller {
    Caller {
        name: SIMULATOR.to_owned(),
        groups: vec!["system:masters".to_owned(), "system:authenticated".to_owned()],
        ..Caller::default()
    }
}
