//! `fedctl completion`: the script that a shell reads.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::Failure;
use crate::session::Session;

/// Flags of `completion`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Known,
}

/// Shells that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Known {
    /// `source <(fedctl completion bash)`.
    Bash,
    /// `source <(fedctl completion zsh)`.
    Zsh,
    /// `fedctl completion fish | source`.
    Fish,
}

/// Runs `completion`.
pub fn run(session: &mut Session, args: &Args) -> Result<(), Failure> {
    Ok(session.screen.text(&script(args.shell))?)
}

fn script(shell: Known) -> String {
    let shell = match shell {
        Known::Bash => Shell::Bash,
        Known::Zsh => Shell::Zsh,
        Known::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "fedctl", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_learns_the_verbs() {
        for shell in [Known::Bash, Known::Zsh, Known::Fish] {
            let script = script(shell);
            assert!(script.contains("rollback") && script.contains("cordon"), "{shell:?}");
        }
    }
}
