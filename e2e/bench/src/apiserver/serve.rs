//! Our API server as a process of its own, with store, TLS and RBAC and without any controller, as kube-apiserver
//! is without kube-controller-manager.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use federation_apiserver::pki::{Pki, Subject, kubeconfig, write_private};
use federation_apiserver::server::{ApiServer, Config};
use federation_apiserver::{builtin, custom};
use federation_store::{EmbeddedStore, Options};
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::contender::USER;

/// A day outlives any benchmark.
const CREDENTIAL_SECONDS: i64 = 24 * 3600;

/// What to serve.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// Store, keys, kubeconfigs.
    #[arg(long)]
    pub data_dir: PathBuf,
    /// Where to listen.
    #[arg(long)]
    pub listen: SocketAddr,
    /// Made when it serves.
    #[arg(long)]
    pub ready_file: PathBuf,
}

/// Serves until the process is killed.
pub async fn serve(options: Serve) -> Result<()> {
    let dir = &options.data_dir;
    let now = Timestamp::now().as_second();
    let pki = Pki::open(&dir.join("pki"), &[], now)?;
    let store = EmbeddedStore::open(dir.join("store.redb"), Options::default())?;
    let mut resources = builtin::hub();
    for crd in crds::manifests::hub() {
        resources.push(custom::resource(&serde_json::to_value(&crd)?)?);
    }
    let server = ApiServer::start(Config::new(Arc::new(store), resources)).await?;
    let listener = TcpListener::bind(options.listen).await.context("listen")?;
    let url = format!("https://{}", listener.local_addr()?);
    pki.write_admin_kubeconfig(&dir.join("admin.kubeconfig"), &url)?;
    let subject = Subject { name: USER.to_owned(), groups: vec![USER.to_owned()] };
    let credential = pki.authority().client_credential(&subject, CREDENTIAL_SECONDS, now)?;
    let text = kubeconfig::with_certificate(&url, pki.authority().certificate_pem(), USER, &credential);
    write_private(&dir.join("user.kubeconfig"), text.as_bytes())?;
    std::fs::write(&options.ready_file, b"").context("write the ready file")?;
    Ok(server.serve(listener, pki.server_config()?).await?)
}
