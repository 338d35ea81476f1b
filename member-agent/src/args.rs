//! Command line of the agent (03 *Programs*; scripts rely on these flags).

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Pulls work from the hub and applies it in this cluster.
#[derive(Parser, Debug, Clone)]
#[command(name = "member-agent", version)]
pub struct Args {
    /// Kubeconfig of the hub, for an agent that has a credential already.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["hub", "token"])]
    pub hub_kubeconfig: Option<PathBuf>,
    /// Address of the hub to join, for example https://hub.example:6443.
    #[arg(long, value_name = "URL", requires = "cluster")]
    pub hub: Option<String>,
    /// CA certificate of the hub (PEM).
    #[arg(long, value_name = "FILE", requires = "hub")]
    pub hub_ca: Option<PathBuf>,
    /// Join token, from `fedctl token create`; needed once.
    #[arg(long, env = "CAFEFED_TOKEN", hide_env_values = true, requires = "hub")]
    pub token: Option<String>,
    /// Name of this cluster on the hub.
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Kubeconfig of this cluster; left out: the pod's own service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Where credential and last instructions are kept.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/cafefed-agent")]
    pub state_dir: PathBuf,
    /// Serve Prometheus metrics here.
    #[arg(long, value_name = "ADDR")]
    pub metrics_listen: Option<SocketAddr>,
    /// Made when the agent has its credential and its first session with the hub.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// Send traces to this OTLP endpoint (gRPC).
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// Form of the log.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
