//! The tree of verbs, and the flags that every verb knows.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The command line of CAFE Federation.
///
/// Reads kubeconfig as kubectl does. Exit codes: 0 done, 1 failed or refused, 2 wrong use. What changes the
/// world shows its plan first; a terminal is asked, and without one the verb goes on where it can be taken back.
#[derive(Debug, Parser)]
#[command(name = "fedctl", version, propagate_version = false, max_term_width = 100)]
pub struct Cli {
    /// Flags that every verb knows.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags that every verb knows.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The kubeconfig file of the hub; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own account.
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context in the kubeconfig.
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// The namespace; otherwise that of the context, or `default`.
    #[arg(short, long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How results are printed.
    #[arg(short, long, global = true, value_enum, default_value_t)]
    pub output: Output,
    /// Log to the standard error; -vv and -vvv say more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Table,
    /// For people with a wide screen.
    Wide,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// `kind.group/name`, one in a line.
    Name,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Hub and three member clusters in this process, with an example; nothing else is needed.
    Playground(crate::playground::Args),
    /// Apply manifests to the hub (server-side apply, strict about fields).
    Apply(crate::apply::Args),
    /// Show objects of any kind on the hub, with the columns that kubectl shows.
    Get(crate::get::Args),
    /// Show one object in full, with its events.
    Describe(crate::describe::Args),
    /// Delete objects on the hub.
    Delete(crate::delete::Args),
    /// Member clusters: join, accept, keep work away, suspend, remove.
    #[command(subcommand, visible_alias = "mc")]
    Cluster(crate::cluster::Cluster),
    /// Join tokens.
    #[command(subcommand)]
    Token(crate::token::Token),
    /// Applications and their releases.
    #[command(subcommand, visible_alias = "fdeploy")]
    Deploy(crate::deploy::Deploy),
    /// Units, cells, and the rules in force.
    #[command(subcommand)]
    Unit(crate::unit::Unit),
    /// Check the way to the hub, the hub, and its members.
    Doctor(crate::doctor::Args),
    /// Show the versions of this program and of the hub.
    Version(crate::version::Args),
    /// Print the completion script of a shell.
    Completion(crate::completion::Args),
    /// Print the reference of all verbs as Markdown.
    #[command(hide = true)]
    Docs,
}

/// `--all-namespaces`, for verbs that list.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct AllNamespaces {
    /// Objects of all namespaces.
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
}

/// `--watch`, for verbs that list.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Watch {
    /// Stay and show what changes, until Ctrl-C.
    #[arg(short, long)]
    pub watch: bool,
}
