//! Our programs as processes, and what they cost.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e_clusters::member::connect;
use e2e_clusters::ports::Port;
use e2e_clusters::process::{Launch, Own, Program, path_of};
use federation_playground::playground::create_token;
use kube::Client;

/// Ticks of `/proc/PID/stat` in a second; Linux shows every architecture 100.
const TICKS: f64 = 100.0;

/// The program: in `$CAFEFED_BIN`, else beside the running one.
pub fn path(own: Own) -> Result<PathBuf> {
    if std::env::var_os("CAFEFED_BIN").is_some() {
        return path_of(own);
    }
    let here = std::env::current_exe().context("find the running program")?;
    let path = here.with_file_name(own.program());
    ensure!(path.is_file(), "{} is not built: run cargo build --release --workspace", path.display());
    Ok(path)
}

/// A hub that runs.
#[derive(Debug)]
pub struct HubProcess {
    /// The process.
    pub program: Program,
    /// Store, keys, kubeconfig, log.
    pub dir: PathBuf,
    port: Port,
}

impl HubProcess {
    /// Starts a hub with its data in `dir`; it serves when this returns.
    pub async fn start(dir: &Path) -> Result<Self> {
        let port = Port::reserve()?;
        let launch = Launch::new("federation-hub", path(Own::FederationHub)?, dir)
            .arg("serve")
            .args([format!("--data-dir={}", dir.display()), format!("--listen={}", port.address())])
            .ready_file(dir.join("hub.ready"));
        Ok(Self { program: Program::start(launch).await?, dir: dir.to_owned(), port })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// A client with all rights.
    pub async fn client(&self) -> Result<Client> {
        connect(&self.dir.join("admin.kubeconfig")).await
    }

    /// The hub's CA certificate.
    pub fn ca(&self) -> PathBuf {
        self.dir.join("pki/ca.crt")
    }

    /// Bytes on disk of its store.
    pub fn store_bytes(&self) -> Result<u64> {
        Ok(std::fs::metadata(self.dir.join("store.redb")).context("look at the store")?.len())
    }
}

/// Starts the agent of `cluster` with a fresh token; it is connected when this returns.
pub async fn start_agent(
    hub: &HubProcess,
    at: SocketAddr,
    cluster: &str,
    kubeconfig: &Path,
) -> Result<Program> {
    let token = create_token(&hub.client().await?, cluster, cluster).await?;
    let dir = hub.dir.join("agents").join(cluster);
    std::fs::create_dir_all(&dir).with_context(|| format!("make {}", dir.display()))?;
    let launch = Launch::new("member-agent", path(Own::MemberAgent)?, &dir)
        .args([format!("--hub=https://{at}"), format!("--hub-ca={}", hub.ca().display())])
        .args([format!("--cluster={cluster}"), format!("--state-dir={}", dir.join("state").display())])
        .arg(format!("--kubeconfig={}", kubeconfig.display()))
        .env("CAFEFED_TOKEN", token)
        .ready_file(dir.join("agent.ready"));
    Program::start(launch).await
}

/// Resident memory in MiB.
pub fn resident_mib(program: &Program) -> Result<f64> {
    Ok(program.resident_bytes()? as f64 / (1024.0 * 1024.0))
}

/// Time on a processor so far.
pub fn processor_time(program: &Program) -> Result<Duration> {
    let pid = program.pid().context("the program is stopped")?;
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold anything; what follows its end does not.
    let fields: Vec<&str> =
        text.rsplit_once(") ").context("no name in /proc/PID/stat")?.1.split(' ').collect();
    // utime and stime are fields 14 and 15, counted from 1, of which two stand before the bracket's end.
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(Duration::from_secs_f64(ticks / TICKS))
}
