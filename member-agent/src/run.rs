//! From the command line to a running agent, and down again on a signal.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use telemetry::Format;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, AgentOptions, HubAccess};
use crate::args::{Args, LogFormat};
use crate::metrics::{self, Metrics};

/// Runs the program; errors go to standard error with all their causes.
pub fn main(args: Args) -> ExitCode {
    // Two threads do: an agent waits for other machines most of its life, and each thread costs memory.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let outcome = runtime.block_on(run(args));
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[allow(clippy::print_stderr, reason = "the one place where a program says why it could not run")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("member-agent: {error:#}");
    ExitCode::FAILURE
}

async fn run(args: Args) -> anyhow::Result<()> {
    // A second call is no error: the provider is there then.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let format = match args.log_format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    let _guard = telemetry::init("member-agent", format, args.otlp_endpoint.as_deref())?;
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let metrics = Arc::new(Metrics::default());
    if let Some(address) = args.metrics_listen {
        let metrics = metrics.clone();
        tokio::spawn(async move {
            if let Err(error) = metrics::serve(address, metrics).await {
                tracing::error!(%error, %address, "metrics are not served");
            }
        });
    }
    let options = AgentOptions {
        hub: hub_access(&args).await?,
        member: member_client(&args).await?,
        state_dir: args.state_dir.clone(),
        metrics,
        install_kinds: true,
    };
    let agent = tokio::select! {
        agent = Agent::start(options, stop.clone()) => agent?,
        () = stop.cancelled() => return Ok(()),
    };
    if let Some(path) = args.ready_file {
        let mut connected = agent.connected.clone();
        tokio::spawn(async move {
            if connected.wait_for(|connected| *connected).await.is_ok()
                && let Err(error) = std::fs::write(&path, b"")
            {
                tracing::error!(%error, path = %path.display(), "the ready file cannot be written");
            }
        });
    }
    agent.run().await;
    Ok(())
}

async fn member_client(args: &Args) -> anyhow::Result<kube::Client> {
    let config = match &args.kubeconfig {
        Some(path) => config_of(path).await?,
        None => kube::Config::incluster().context("no --kubeconfig is given, and this is no pod")?,
    };
    kube::Client::try_from(config).context("cannot make a client for this cluster")
}

async fn hub_access(args: &Args) -> anyhow::Result<HubAccess> {
    let cluster =
        args.cluster.clone().context("--cluster is missing: the name of this cluster on the hub")?;
    if let Some(path) = &args.hub_kubeconfig {
        return Ok(HubAccess::Config { cluster, config: Box::new(config_of(path).await?) });
    }
    let ca_pem = args
        .hub_ca
        .as_ref()
        .map(|path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())))
        .transpose()?;
    Ok(HubAccess::Join { cluster, hub_url: args.hub.clone(), ca_pem, token: args.token.clone() })
}

async fn config_of(path: &std::path::Path) -> anyhow::Result<kube::Config> {
    let kubeconfig = kube::config::Kubeconfig::read_from(path);
    let kubeconfig = kubeconfig.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await?)
}

fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stop.cancel();
    });
    Ok(())
}
