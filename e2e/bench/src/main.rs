//! `make bench`: measures, and writes the figures into `docs/`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use e2e_bench::report::{self, Figure, Report};
use e2e_bench::{apiserver, fleet, members};

/// Speed and memory beside a peer.
#[derive(Parser, Debug)]
#[command(name = "e2e-bench")]
struct Args {
    /// The tree whose docs are written.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Print only.
    #[arg(long)]
    print: bool,
    /// What to measure; left out: everything.
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand, Clone, Debug)]
enum What {
    /// Three real members.
    Members,
    /// A hundred agents.
    Fleet {
        /// Agents.
        #[arg(long, default_value_t = 100)]
        agents: usize,
        /// Applications, each in all clusters.
        #[arg(long, default_value_t = 50)]
        applications: usize,
    },
    /// Our API server beside kube-apiserver.
    Apiserver(apiserver::Sizes),
    /// Only serves: the process that `apiserver` measures.
    #[command(hide = true)]
    Serve(apiserver::Serve),
}

fn main() -> ExitCode {
    // A second call is no error: the provider is there then.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(Args::parse())),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the one place where a program says why it could not run")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("e2e-bench: {error:#}");
    ExitCode::FAILURE
}

async fn run(args: Args) -> Result<()> {
    let all = [
        What::Members,
        What::Fleet { agents: 100, applications: 50 },
        What::Apiserver(apiserver::Sizes::default()),
    ];
    match args.what.clone() {
        Some(What::Serve(serve)) => apiserver::serve(serve).await,
        Some(what) => measure(&args, &what).await,
        None => {
            for what in &all {
                measure(&args, what).await?;
            }
            Ok(())
        }
    }
}

async fn measure(args: &Args, what: &What) -> Result<()> {
    let machine = report::machine();
    let (name, figures) = match what {
        What::Members => ("members", members::measure().await?),
        What::Fleet { agents, applications } => ("fleet", fleet::measure(*agents, *applications).await?),
        What::Apiserver(sizes) => ("apiserver", apiserver::measure(sizes).await?),
        What::Serve(_) => return Ok(()),
    };
    show(&figures);
    if args.print {
        return Ok(());
    }
    let at = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    let command = format!("e2e-bench {name}");
    report::write(&args.root, name, &Report { command, at, machine, figures })
}

#[expect(clippy::print_stdout, reason = "figures are what this program is for")]
fn show(figures: &[Figure]) {
    for figure in figures {
        println!("{:<75} {:<24} {:<48} {}", figure.what, figure.subject, figure.shown(), figure.aim);
    }
}
