//! The reference of all verbs as Markdown, out of the tree of verbs; `docs/cli.md` is its text.

use std::fmt::Write;

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory};

use crate::args::Cli;
use crate::failure::Failure;
use crate::session::Session;

/// Runs the hidden `docs`.
pub fn run(session: &mut Session) -> Result<(), Failure> {
    Ok(session.screen.text(&text())?)
}

/// The whole text.
#[must_use]
pub fn text() -> String {
    let mut command = Cli::command();
    command.build();
    let mut text =
        String::from("<!-- Generated from the program by `make generate`; do not edit. -->\n# fedctl\n\n");
    paragraph(&mut text, command.get_long_about().or_else(|| command.get_about()));
    text.push_str("Every verb knows these flags:\n\n");
    command.get_arguments().filter(|arg| arg.is_global_set()).for_each(|arg| argument(&mut text, arg));
    text.push('\n');
    for verb in command.get_subcommands() {
        chapter(&mut text, verb, "fedctl", 2);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn chapter(text: &mut String, command: &Command, parent: &str, depth: usize) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    let _ = writeln!(text, "{} {name}\n", "#".repeat(depth));
    paragraph(text, command.get_long_about().or_else(|| command.get_about()));
    if command.has_subcommands() {
        command.get_subcommands().for_each(|verb| chapter(text, verb, &name, depth + 1));
        return;
    }
    let mut usage = name;
    command.get_positionals().for_each(|arg| {
        let _ = write!(usage, " {}", place(arg));
    });
    let _ = writeln!(text, "```\n{usage} [flags]\n```\n");
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help")
        .collect();
    own.iter().for_each(|arg| argument(text, arg));
    if !own.is_empty() {
        text.push('\n');
    }
}

fn paragraph(text: &mut String, said: Option<&StyledStr>) {
    if let Some(said) = said {
        let _ = writeln!(text, "{said}\n");
    }
}

fn place(arg: &Arg) -> String {
    let names = value_names(arg);
    let many = matches!(arg.get_action(), clap::ArgAction::Append);
    let name = if many { format!("{names}...") } else { names };
    if arg.is_required_set() { name } else { format!("[{name}]") }
}

fn value_names(arg: &Arg) -> String {
    match arg.get_value_names() {
        Some(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        None => arg.get_id().to_string().to_uppercase(),
    }
}

fn argument(text: &mut String, arg: &Arg) {
    let mut names: Vec<String> = Vec::new();
    names.extend(arg.get_short().map(|short| format!("-{short}")));
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    let mut shown = names.join(", ");
    if names.is_empty() {
        shown = value_names(arg);
    } else if arg.get_action().takes_values() {
        shown = format!("{shown} {}", value_names(arg));
    }
    let said = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut line = format!("- `{shown}`: {}.", said.replace('\n', " ").trim_end_matches('.'));
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !values.is_empty() {
        let _ = write!(line, " One of {}.", values.join(", "));
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        let _ = write!(line, " Default {}.", defaults.join(", "));
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make generate` writes the file: `fedctl docs > docs/cli.md`.
    #[test]
    fn the_reference_in_the_tree_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == text(), "docs/cli.md is stale: run `cargo run -p fedctl -- docs > docs/cli.md`");
    }
}
