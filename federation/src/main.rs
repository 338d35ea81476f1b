//! `federation-hub`.

use clap::Parser;

fn main() -> std::process::ExitCode {
    federation::run::main(federation::args::Args::parse())
}
