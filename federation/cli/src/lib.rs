//! The command line of CAFE Federation: `fedctl`, or `kubectl fed` when it is installed as `kubectl-fed`.
//!
//! Reading order:
//! 1. [`args`]: the tree of verbs; [`session`]: what every verb gets; [`failure`]: how verbs fail;
//! 2. [`connect`] and [`hub`]: kubeconfig rules and requests; [`discover`]: kinds by any of their names;
//! 3. [`screen`], [`table`], [`show`], [`live`]: what people and scripts see; [`plan`]: what is shown before
//!    something changes;
//! 4. the verbs, a folder per noun: [`get`], [`describe`], [`apply`], [`delete`], [`cluster`], [`token`],
//!    [`deploy`], [`unit`], [`doctor`], [`version`], [`completion`], [`reference`]; and [`playground`].
//!
//! A verb reads objects, decides in pure functions over them (these have the tests), and then acts.

pub mod apply;
pub mod args;
pub mod cluster;
pub mod completion;
pub mod connect;
pub mod delete;
pub mod deploy;
pub mod describe;
pub mod discover;
pub mod doctor;
pub mod failure;
pub mod follow;
pub mod get;
pub mod hub;
pub mod live;
pub mod manifest;
pub mod plan;
pub mod playground;
pub mod reference;
pub mod screen;
pub mod session;
pub mod show;
pub mod table;
pub mod time;
pub mod token;
pub mod unit;
pub mod version;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Verb};
use failure::Failure;
use session::Session;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let command = Cli::command().bin_name(program_name(arguments.first()));
    let cli = match command.try_get_matches_from(&arguments).and_then(|found| Cli::from_arg_matches(&found)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to the standard output and is no failure; a pipe that was closed is none either.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::USAGE));
        }
    };
    start_log(cli.global.verbose);
    // Fails only when a provider is there already, which is then the one that is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return say(&Failure::Refused(format!("start the runtime: {error}"))),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => say(&failure),
    }
}

/// `kubectl fed` for people who came by kubectl.
fn program_name(argument: Option<&OsString>) -> &'static str {
    let stem = argument.and_then(|path| Path::new(path).file_stem());
    if stem.is_some_and(|stem| stem == "kubectl-fed") { "kubectl fed" } else { "fedctl" }
}

fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "off",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::new(level);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .init();
}

/// One line on the standard error, and the exit code.
fn say(failure: &Failure) -> ExitCode {
    if !failure.is_closed_pipe() {
        screen::note(&format!("error: {}", failure::one_line(&failure.to_string())));
    }
    ExitCode::from(failure.exit_code())
}

/// Runs one verb.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    let mut session = Session::new(cli.global);
    match cli.verb {
        Verb::Playground(args) => playground::run(&mut session, args).await,
        Verb::Apply(args) => apply::run(&mut session, args).await,
        Verb::Get(args) => get::run(&mut session, args).await,
        Verb::Describe(args) => describe::run(&mut session, args).await,
        Verb::Delete(args) => delete::run(&mut session, args).await,
        Verb::Cluster(verb) => cluster::run(&mut session, verb).await,
        Verb::Token(verb) => token::run(&mut session, verb).await,
        Verb::Deploy(verb) => deploy::run(&mut session, verb).await,
        Verb::Unit(verb) => unit::run(&mut session, verb).await,
        Verb::Doctor(args) => doctor::run(&mut session, args).await,
        Verb::Version(args) => version::run(&mut session, args).await,
        Verb::Completion(args) => completion::run(&mut session, &args),
        Verb::Docs => reference::run(&mut session),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_verbs_is_sound_and_knows_both_names() {
        Cli::command().debug_assert();
        assert_eq!(program_name(Some(&"/usr/bin/kubectl-fed".into())), "kubectl fed");
        assert_eq!(program_name(Some(&"./fedctl".into())), "fedctl");
        assert_eq!(program_name(None), "fedctl");
    }
}
