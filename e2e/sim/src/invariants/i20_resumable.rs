//! I20: a crash between any two writes ends where no crash ends.

use super::Fact;

/// Fires when the ends differ.
pub(super) fn check(fact: &Fact) -> Option<String> {
    let Fact::Resumed { write, with, without } = fact else { return None };
    (with != without)
        .then(|| format!("killed after write {write} it ends as\n{with}\nand without as\n{without}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_when_the_ends_differ() {
        let resumed = |with: &str| Fact::Resumed { write: 3, with: with.into(), without: "a".into() };
        assert!(check(&resumed("b")).is_some_and(|message| message.contains("write 3")));
        assert_eq!(check(&resumed("a")), None);
    }
}
