//! A hub put together: store, keys, API server, controllers.

mod confirmation;
mod kinds;
mod signer;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use federation_apiserver::controllers as server_controllers;
use federation_apiserver::pki::Pki;
use federation_apiserver::resource::Caller;
use federation_apiserver::server::{ApiServer, Config};
use federation_hub_lib::metrics::HubMetrics;
use federation_store::{EmbeddedStore, Options as StoreOptions};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::HomeGuard;
use crate::controllers;
use signer::AgentSigner;

/// What a hub needs to start.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// Store, CA and keys.
    pub data_dir: PathBuf,
    /// Where to listen; port 0 takes any.
    pub listen: SocketAddr,
    /// Further names of the serving certificate.
    pub names: Vec<String>,
    /// Life of an agent's certificate.
    pub agent_certificate: Duration,
}

/// A hub that serves.
pub struct Hub {
    server: ApiServer,
    store: EmbeddedStore,
    pki: Arc<Pki>,
    url: String,
    kubeconfig: PathBuf,
    client: kube::Client,
    listener: TcpListener,
    agent_certificate: Duration,
    guard: Arc<HomeGuard>,
    stop: CancellationToken,
}

/// How often the serving certificate is looked at.
const RENEWAL_CHECK: Duration = Duration::from_secs(3600);

impl Hub {
    /// Opens everything and binds the socket. Requests are answered from [`Hub::run`] on.
    pub async fn start(options: HubOptions, stop: CancellationToken) -> anyhow::Result<Self> {
        let HubOptions { data_dir, listen, mut names, agent_certificate } = options;
        names.push(listen.ip().to_string());
        let now = Timestamp::now().as_second();
        let pki = Arc::new(Pki::open(&data_dir.join("pki"), &names, now)?);
        let store = EmbeddedStore::open(data_dir.join("store.redb"), StoreOptions::default())?;
        let mut config = Config::new(Arc::new(store.clone()), kinds::resources()?);
        config.authentication = kinds::authentication(&pki);
        let guard = Arc::new(HomeGuard::default());
        config.admissions.push(guard.clone());
        let server = ApiServer::start(config).await.context("cannot start the API server")?;
        let client = kube::Client::new(server.service(controller()), "default");
        guard.set_client(client.clone());
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}: choose another --listen"))?;
        let address = listener.local_addr().context("the socket has no address")?;
        let url = format!("https://{}", reachable(address));
        let kubeconfig = data_dir.join("admin.kubeconfig");
        pki.write_admin_kubeconfig(&kubeconfig, &url)?;
        Ok(Self { server, store, pki, url, kubeconfig, client, listener, agent_certificate, guard, stop })
    }

    /// Where the hub is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// CA of the hub (PEM).
    pub fn ca_pem(&self) -> String {
        self.pki.authority().certificate_pem().to_owned()
    }

    /// A client in this process, as the hub's own controllers have it.
    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// Serves until the token is cancelled, then drains in order.
    pub async fn run(self) -> anyhow::Result<()> {
        let tasks = TaskTracker::new();
        let tls = self.pki.server_config()?;
        let server = self.server.clone();
        let serving = tasks.spawn(async move { server.serve(self.listener, tls).await });
        let ca = self.pki.authority().certificate_pem().to_owned();
        tasks.spawn(server_controllers::run(self.client.clone(), ca, self.stop.clone()));
        let signer = Arc::new(AgentSigner { life: self.agent_certificate });
        let authority = self.pki.authority().clone();
        tasks.spawn(server_controllers::csr::run(self.client.clone(), authority, signer, self.stop.clone()));
        tasks.spawn(renew(self.pki.clone(), self.stop.clone()));
        let metrics = HubMetrics::default();
        self.server.register_metrics(|registry| metrics.register(registry));
        let hub_controllers = controllers::run(self.client.clone(), metrics, self.stop.clone());
        let outcome = tokio::select! {
            outcome = hub_controllers => outcome.context("the hub controllers ended"),
            outcome = serving => match outcome {
                Ok(served) => served.context("the listener broke"),
                Err(panic) => Err(anyhow::Error::new(panic).context("the listener broke")),
            },
        };
        self.stop.cancel();
        self.server.drain().await;
        self.guard.forget_client();
        tasks.close();
        if tokio::time::timeout(Duration::from_secs(5), tasks.wait()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
        self.store.close().await;
        outcome
    }
}

async fn renew(pki: Arc<Pki>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RENEWAL_CHECK) => {}
        }
        match pki.renew_if_due(Timestamp::now().as_second()) {
            Ok(true) => tracing::info!("the serving certificate was renewed"),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the serving certificate could not be renewed; trying again")
            }
        }
    }
}

/// Who the hub's own controllers are.
fn controller() -> Caller {
    Caller {
        name: "system:cafefed-hub".to_owned(),
        groups: vec!["system:masters".to_owned(), "system:authenticated".to_owned()],
        ..Caller::default()
    }
}

/// A socket that listens everywhere is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], v6.port()))
        }
        other => other,
    }
}
