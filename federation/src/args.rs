//! Command line of the hub (03 *Programs*; scripts rely on these flags).

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// The federated API hub.
#[derive(Parser, Debug, Clone)]
#[command(name = "federation-hub", version)]
pub struct Args {
    /// What to run.
    #[command(subcommand)]
    pub command: Command,
}

/// What to run.
#[derive(Subcommand, Debug, Clone)]
pub enum Command {
    /// The hub: API server, store and controllers.
    Serve(Serve),
    /// Only the controllers, against any API server.
    Controllers(Controllers),
}

/// Flags of `serve`.
#[derive(ClapArgs, Debug, Clone)]
pub struct Serve {
    /// Store, CA and keys; `admin.kubeconfig` is written here.
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Where to listen; port 0 takes any.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:6443")]
    pub listen: SocketAddr,
    /// Further host name or address of the serving certificate; may be repeated.
    #[arg(long = "name", value_name = "HOST")]
    pub names: Vec<String>,
    /// Life of an agent's certificate in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30 * 24 * 3600)]
    pub agent_certificate_seconds: u64,
    /// Flags that both commands have.
    #[command(flatten)]
    pub shared: Shared,
}

/// Flags of `controllers`.
#[derive(ClapArgs, Debug, Clone)]
pub struct Controllers {
    /// The API server that is the hub.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: PathBuf,
    /// Flags that both commands have.
    #[command(flatten)]
    pub shared: Shared,
}

/// Flags that both commands have.
#[derive(ClapArgs, Debug, Clone)]
pub struct Shared {
    /// Made when it serves.
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
