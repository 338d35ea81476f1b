//! `fedctl playground`: hub and members in this process, with an example application.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use federation_playground::playground::{Options, Outcome, Playground, run_story};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::screen::Screen;
use crate::session::Session;

/// Flags of `fedctl playground` (scripts rely on them).
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where kubeconfigs and keys are written; emptied at the start, if a playground made it.
    #[arg(long, value_name = "DIR", default_value = ".playground")]
    pub data_dir: PathBuf,
    /// Where the hub listens; port 0 takes any.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Member clusters.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub clusters: u8,
    /// Clusters, units, cells and epoch 1, but no application.
    #[arg(long, conflicts_with = "once")]
    pub empty: bool,
    /// Run the example, confirm its groups, show the result, and end.
    #[arg(long)]
    pub once: bool,
    /// Made when the hub serves and all members have joined.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// How long a container takes to start: slow enough to be watched.
const START_DELAY: Duration = Duration::from_millis(400);

/// Runs it until Ctrl-C, or to the end of the story with `--once`.
pub async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let failed = |error: anyhow::Error| Failure::Refused(format!("{error:#}"));
    let stop = CancellationToken::new();
    let options = Options {
        data_dir: args.data_dir.clone(),
        listen: args.listen,
        clusters: args.clusters.into(),
        start_delay: START_DELAY,
    };
    let screen = &mut session.screen;
    let began = std::time::Instant::now();
    let mut playground = tokio::select! {
        started = Playground::start(options, stop.clone()) => started.map_err(failed)?,
        _ = tokio::signal::ctrl_c() => return Ok(()),
    };
    greet(screen, &playground, began.elapsed())?;
    if let Some(path) = &args.ready_file {
        let written = std::fs::write(path, b"");
        written.map_err(|source| Failure::File { path: path.display().to_string(), source })?;
    }
    let story =
        async { if args.empty { Ok(None) } else { tell(screen, &playground, args.once).await.map(Some) } };
    let told = tokio::select! {
        told = story => told,
        _ = tokio::signal::ctrl_c() => Ok(None),
    };
    let staying = !args.once && told.is_ok() && !stop.is_cancelled();
    if staying {
        screen.line("\nIt stays until Ctrl-C.")?;
        tokio::select! {
            ended = playground.hub_ended() => return ended.map_err(failed),
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    playground.end().await.map_err(failed)?;
    told.map(|_| ())
}

fn greet(screen: &mut Screen, playground: &Playground, took: Duration) -> Result<(), Failure> {
    let names: Vec<&str> = playground.members.iter().map(|member| member.name.as_str()).collect();
    screen.line(format!(
        "Hub at {} with members {}, ready after {:.1} s.",
        playground.hub_url,
        names.join(", "),
        took.as_secs_f64()
    ))?;
    screen.line("In another terminal:\n")?;
    screen.line(format!("  export KUBECONFIG={}", absolute(&playground.hub_kubeconfig)))?;
    screen.line("  kubectl get mc,unit,cell,fdeploy")?;
    screen.line(
        "  kubectl apply -f deploy/examples/shop/v2.yaml      # a new image: beta group, then it waits",
    )?;
    screen.line("  fedctl deploy status shop --watch ; fedctl deploy confirm shop\n")?;
    Ok(())
}

fn absolute(path: &std::path::Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

async fn tell(screen: &mut Screen, playground: &Playground, whole: bool) -> Result<Outcome, Failure> {
    let mut broken = None;
    let outcome = run_story(&playground.hub, whole, |line| {
        broken = broken.take().or_else(|| screen.line(line).err());
    })
    .await
    .map_err(|error| Failure::Refused(format!("{error:#}")))?;
    if let Some(error) = broken {
        return Err(error.into());
    }
    let status = &outcome.status;
    screen.line(format!(
        "shop: revision {} in {} clusters, {} of {} replicas available, {} groups confirmed, after {:.1} s",
        status.updated_revision,
        status.clusters_ready,
        status.available_replicas,
        status.desired_replicas,
        outcome.confirmed,
        outcome.took.as_secs_f64()
    ))?;
    Ok(outcome)
}
