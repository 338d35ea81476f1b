//! `member-agent`.

use clap::Parser;

fn main() -> std::process::ExitCode {
    member_agent::run::main(member_agent::args::Args::parse())
}
