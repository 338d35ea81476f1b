//! All checks over this tree.

use std::collections::BTreeSet;
use std::path::PathBuf;

use e2e_tidy::arrows::Graph;
use e2e_tidy::tree::{Source, root, sources};
use e2e_tidy::{lines, modules, names};

/// Runs one check over every file.
fn over_all_files(check: impl Fn(&Source) -> Option<String>) {
    let sources = sources(&root()).unwrap();
    assert!(sources.len() > 30, "only {} files found below {}", sources.len(), root().display());
    none(sources.iter().filter_map(check).collect());
}

fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn files_have_a_subject() {
    over_all_files(|source| names::check(&source.path));
}

#[test]
fn rust_files_say_what_they_are_for() {
    over_all_files(lines::check_opening);
}

#[test]
fn rust_files_stay_readable() {
    over_all_files(lines::check_length);
}

#[test]
fn ignored_tests_give_a_reason() {
    over_all_files(lines::check_ignored);
}

#[test]
fn api_server_and_store_know_no_word_of_the_domain() {
    over_all_files(lines::check_knows_no_ldc);
}

#[test]
fn the_tree_speaks_of_itself() {
    over_all_files(lines::check_outside_words);
}

#[test]
fn arrows_between_crates_point_down() {
    none(Graph::load(&root()).unwrap().check_arrows());
}

#[test]
fn crates_that_decide_are_pure() {
    none(Graph::load(&root()).unwrap().check_pure());
}

#[test]
fn every_rust_file_is_compiled() {
    let graph = Graph::load(&root()).unwrap();
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    for crate_root in graph.own.values().flat_map(|package| &package.roots) {
        reached.extend(modules::reached(crate_root).unwrap());
    }
    let all = sources(&root()).unwrap();
    let rust = all.iter().filter(|source| source.is_rust()).map(|source| root().join(&source.path));
    none(
        rust.filter(|path| !reached.contains(path))
            .map(|path| format!("{}: no mod line leads here", path.display()))
            .collect(),
    );
}
