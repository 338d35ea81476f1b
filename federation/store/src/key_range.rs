//! Which keys a request is about: one key, a prefix, an interval, or all.

use std::fmt;

use bytes::Bytes;

/// A set of adjacent keys.
///
/// `end` is exclusive. `None` means exactly the key `start`; an empty `end` means "no upper bound".
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key.
    pub start: Bytes,
    /// The first key that is not in the range any more; see the type for its two special values.
    pub end: Option<Bytes>,
}

impl KeyRange {
    /// Exactly one key.
    pub fn key(key: impl Into<Bytes>) -> Self {
        Self { start: key.into(), end: None }
    }

    /// Every key that begins with `prefix`. An empty prefix is every key.
    pub fn prefix(prefix: impl Into<Bytes>) -> Self {
        let start = prefix.into();
        let end = after_prefix(&start);
        Self { start, end: Some(end) }
    }

    /// The keys from `start` to just before `end`; an empty `end` is no upper bound.
    pub fn interval(start: impl Into<Bytes>, end: impl Into<Bytes>) -> Self {
        Self { start: start.into(), end: Some(end.into()) }
    }

    /// Every key from `start` on.
    pub fn starting_at(start: impl Into<Bytes>) -> Self {
        Self::interval(start, Bytes::new())
    }

    /// Every key.
    pub fn all() -> Self {
        Self::starting_at(Bytes::new())
    }

    /// Whether `key` lies in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        match &self.end {
            None => self.start == key,
            Some(end) => *self.start <= *key && (end.is_empty() || *key < **end),
        }
    }

    /// Whether no key can lie in the range.
    pub fn is_empty(&self) -> bool {
        match &self.end {
            Some(end) => !end.is_empty() && end <= &self.start,
            None => false,
        }
    }
}

/// The smallest key above every key with this prefix; empty when there is none (`0xff…` or no prefix).
fn after_prefix(prefix: &[u8]) -> Bytes {
    match prefix.iter().rposition(|byte| *byte != 0xff) {
        None => Bytes::new(),
        Some(last) => {
            let mut end = prefix[..=last].to_vec();
            end[last] += 1;
            end.into()
        }
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            None => write!(f, "{:?}", self.start),
            Some(end) if end.is_empty() => write!(f, "{:?}..", self.start),
            Some(end) => write!(f, "{:?}..{:?}", self.start, end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_holds_what_begins_with_it_and_nothing_else() {
        let range = KeyRange::prefix("a/");
        for (key, inside) in [("a/", true), ("a/z", true), ("a", false), ("a0", false), ("b", false)] {
            assert_eq!(range.contains(key.as_bytes()), inside, "{key}");
        }
    }

    #[test]
    fn a_prefix_of_highest_bytes_has_no_upper_bound() {
        assert_eq!(KeyRange::prefix(vec![0xff, 0xff]).end, Some(Bytes::new()));
        assert_eq!(KeyRange::prefix(vec![b'a', 0xff]).end, Some(Bytes::from("b")));
        assert_eq!(KeyRange::prefix(""), KeyRange::all());
        assert!(KeyRange::prefix(vec![0xff]).contains(&[0xff, 0xff, 0xff]));
    }

    #[test]
    fn one_key_holds_itself_only() {
        let range = KeyRange::key("a");
        assert!(range.contains(b"a") && !range.contains(b"aa") && !range.contains(b""));
    }

    #[test]
    fn a_reversed_interval_is_empty() {
        assert!(KeyRange::interval("b", "a").is_empty() && KeyRange::interval("a", "a").is_empty());
        assert!(!KeyRange::all().is_empty() && !KeyRange::key("a").is_empty());
    }
}
