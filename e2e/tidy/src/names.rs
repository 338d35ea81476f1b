//! Names that say nothing: a file called so collects what nobody found a place for.

use std::path::Path;

/// Words that are no subject.
const EMPTY_WORDS: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];

/// Why the name of a file or of one of its folders is refused.
pub fn check(path: &Path) -> Option<String> {
    let parts = path.iter().map(|part| part.to_string_lossy().into_owned());
    let stems = parts.map(|part| part.split('.').next().unwrap_or_default().to_lowercase());
    let words = stems.flat_map(|stem| stem.split(['_', '-']).map(str::to_owned).collect::<Vec<_>>());
    let empty = words.into_iter().find(|word| EMPTY_WORDS.contains(&word.as_str()))?;
    Some(format!("{}: '{empty}' is no subject; name the file after what it is about", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_words_are_refused_and_words_that_contain_them_are_not() {
        for refused in ["a/utils.rs", "a/utils/x.rs", "test_helper.rs", "misc.md", "pod-manager/x.rs"] {
            assert!(check(Path::new(refused)).is_some(), "{refused}");
        }
        for fine in ["a/commonalities.rs", "src/lib.rs", "utilization.rs"] {
            assert_eq!(check(Path::new(fine)), None);
        }
    }
}
