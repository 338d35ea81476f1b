//! Checks on the text of one file.

use crate::tree::Source;

/// A file longer than this has more than one subject.
pub const MAX_LINES: usize = 700;

/// A Rust file says first what it is for.
pub fn check_opening(source: &Source) -> Option<String> {
    let first = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let says = first.strip_prefix("//!").is_some_and(|doc| !doc.trim().is_empty());
    (source.is_rust() && !says)
        .then(|| format!("{}: must begin with //! and what the file is for", source.path.display()))
}

/// A Rust file stays readable.
pub fn check_length(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (source.is_rust() && lines > MAX_LINES)
        .then(|| format!("{}: {lines} lines, {MAX_LINES} at most", source.path.display()))
}

/// A test that is switched off says why.
pub fn check_ignored(source: &Source) -> Option<String> {
    let at = source.text.lines().position(|line| line.trim() == concat!("#[", "ignore]"))?;
    source.is_rust().then(|| {
        format!("{}:{}: an ignored test gives its reason: #[ignore = \"…\"]", source.path.display(), at + 1)
    })
}

/// The API server library and the store know nothing of what they are used for (design 05).
pub fn check_knows_no_ldc(source: &Source) -> Option<String> {
    let inside = ["federation/apiserver/src", "federation/store/src"];
    if !inside.iter().any(|folder| source.path.starts_with(folder)) {
        return None;
    }
    let words = [
        "ldc",
        "cafe",
        "cafefed",
        "rzone",
        "gzone",
        "czone",
        "deployunit",
        "logicalunit",
        "membercluster",
        "federateddeployment",
        "inplaceset",
        "ruleset",
        "routingprofile",
        "worktemplate",
    ];
    let (at, word) = find_word(&source.text, &words)?;
    Some(format!(
        "{}:{at}: '{word}' is a word of the domain, which this library does not know",
        source.path.display()
    ))
}

/// The tree speaks of itself, not of how it was written, and names no registry.
pub fn check_outside_words(source: &Source) -> Option<String> {
    // Put together here, so that this file passes its own check.
    let words = [
        ["clau", "de"],
        ["anthro", "pic"],
        ["chat", "gpt"],
        ["open", "ai"],
        ["copi", "lot"],
        ["l", "lm"],
        ["team", "mate"],
        ["sub", "agent"],
        ["/wo", "rk/"],
        ["/root", "/"],
        ["proxy.golang", ".org"],
        ["registry.npmjs", ".org"],
        ["pypi", ".org"],
        ["static.crates", ".io"],
    ]
    .map(|halves| halves.concat());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (at, word) = find_word(&source.text, &words)?;
    Some(format!("{}:{at}: '{word}' does not belong into the tree", source.path.display()))
}

/// The line (from 1) and the first of `words` that the text has as a word of its own, in any case of letters.
/// In `CamelCase` and `snake_case` each part counts, and a plural too: `ldc_cell` and `LdcCells` have `ldc`.
fn find_word<'a>(text: &str, words: &[&'a str]) -> Option<(usize, &'a str)> {
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        let found =
            words.iter().find(|word| lower.match_indices(*word).any(|(at, _)| is_word(line, at, word)));
        if let Some(word) = found {
            return Some((index + 1, word));
        }
    }
    None
}

/// Whether the letters at `at` are bounded by something that ends a word.
fn is_word(line: &str, at: usize, word: &str) -> bool {
    let (Some(before), Some(after)) = (line.get(..at), line.get(at + word.len()..)) else {
        // Lower case moved the bytes of the line: only letters outside ASCII do that, and no word has them.
        return false;
    };
    let first_is_upper = line[at..].starts_with(|letter: char| letter.is_ascii_uppercase());
    let starts = before.chars().last().is_none_or(|letter| !letter.is_ascii_alphanumeric() || first_is_upper);
    let after = after.strip_prefix('s').unwrap_or(after);
    let ends = !after.starts_with(|letter: char| letter.is_ascii_lowercase()) || word.ends_with('/');
    starts && ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_is_for() {
        assert_eq!(check_opening(&Source::new("a.rs", "//! Waiting.\n")), None);
        assert_eq!(check_opening(&Source::new("a.md", "# Title\n")), None);
        for bad in ["use x;\n", "//!\nuse x;\n", "// Waiting.\n", ""] {
            assert!(check_opening(&Source::new("a.rs", bad)).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn a_long_file_is_refused() {
        assert_eq!(check_length(&Source::new("a.rs", &"x\n".repeat(MAX_LINES))), None);
        let found = check_length(&Source::new("a.rs", &"x\n".repeat(MAX_LINES + 1)));
        assert_eq!(found.as_deref(), Some("a.rs: 701 lines, 700 at most"));
    }

    #[test]
    fn an_ignored_test_needs_a_reason() {
        let bare = format!("#[test]\n    #[{}]\nfn x() {{}}", "ignore");
        assert!(check_ignored(&Source::new("a.rs", &bare)).is_some_and(|found| found.starts_with("a.rs:2:")));
        let with_reason = bare.replace("ignore", "ignore = \"needs a disk that forgets\"");
        assert_eq!(check_ignored(&Source::new("a.rs", &with_reason)), None);
    }

    #[test]
    fn the_api_server_names_no_word_of_the_domain() {
        let at = |path: &str, text: &str| check_knows_no_ldc(&Source::new(path, text));
        let inside = "federation/apiserver/src/lib.rs";
        for bad in ["\"ldc.cafefed.dev\"", "fn ldc_cell()", "struct LdcCell", "MemberCluster", "RuleSets"] {
            assert!(at(inside, bad).is_some(), "{bad}");
        }
        assert!(
            at("federation/store/src/a.rs", "x\n// a DeployUnit").is_some_and(|found| found.contains(":2:"))
        );
        assert_eq!(at(inside, "PolicyRule, worldcup, member cluster"), None);
        assert_eq!(at("federation/hub/src/lib.rs", "ldc"), None);
    }

    #[test]
    fn words_from_outside_are_refused() {
        for bad in [["/wo", "rk/main"].concat(), ["Copi", "lot wrote this"].concat()] {
            assert!(check_outside_words(&Source::new("docs/a.md", &bad)).is_some(), "{bad}");
        }
        for fine in ["homework/x", "a workload", "hllm"] {
            assert_eq!(check_outside_words(&Source::new("a.rs", fine)), None);
        }
    }
}
