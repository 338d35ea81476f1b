//! From the command line to a running program, and down again on a signal.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use telemetry::Format;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::args::{Args, Command, Controllers, LogFormat, Serve, Shared};
use crate::controllers;
use crate::hub::{Hub, HubOptions};

/// Runs the program; errors go to standard error with all their causes.
pub fn main(args: Args) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let outcome = runtime.block_on(run(args));
    // Watches of clients that are gone must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[allow(clippy::print_stderr, reason = "the one place where a program says why it could not run")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("federation-hub: {error:#}");
    ExitCode::FAILURE
}

async fn run(args: Args) -> anyhow::Result<()> {
    // A second call is no error: the provider is there then.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    match args.command {
        Command::Serve(serve) => {
            let _guard = logs("federation-hub", &serve.shared)?;
            run_hub(serve, stop).await
        }
        Command::Controllers(flags) => {
            let _guard = logs("federation-hub", &flags.shared)?;
            run_controllers(flags, stop).await
        }
    }
}

async fn run_hub(flags: Serve, stop: CancellationToken) -> anyhow::Result<()> {
    let options = HubOptions {
        data_dir: flags.data_dir.clone(),
        listen: flags.listen,
        names: flags.names,
        agent_certificate: Duration::from_secs(flags.agent_certificate_seconds),
    };
    let hub = Hub::start(options, stop.clone()).await?;
    tracing::info!(url = hub.url(), kubeconfig = %hub.kubeconfig().display(), "the hub serves");
    ready(&flags.shared)?;
    hub.run().await
}

async fn run_controllers(flags: Controllers, stop: CancellationToken) -> anyhow::Result<()> {
    let read = kube::config::Kubeconfig::read_from(&flags.kubeconfig);
    let kubeconfig = read.with_context(|| format!("cannot read {}", flags.kubeconfig.display()))?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await?;
    let client = kube::Client::try_from(config).context("cannot make a client")?;
    controllers::install_kinds(&client).await?;
    ready(&flags.shared)?;
    controllers::run(client, federation_hub_lib::metrics::HubMetrics::default(), stop).await
}

fn ready(flags: &Shared) -> anyhow::Result<()> {
    match &flags.ready_file {
        Some(path) => std::fs::write(path, b"").with_context(|| format!("cannot write {}", path.display())),
        None => Ok(()),
    }
}

fn logs(service: &'static str, flags: &Shared) -> anyhow::Result<telemetry::Guard> {
    let format = match flags.log_format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    Ok(telemetry::init(service, format, flags.otlp_endpoint.as_deref())?)
}

fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    Ok(())
}
