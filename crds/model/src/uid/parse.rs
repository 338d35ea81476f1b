//! Reading `"00-15,20-49"`, strictly: a typing error in a map of users must not become another map.

use super::{UidRange, UidSpace};

/// Why a text is not a set of UIDs. Parts are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UidError {
    /// Nothing between two commas, or a comma at an end.
    #[error("part {part} of UIDs {text:?} is empty: remove the extra comma")]
    EmptyPart {
        /// Place of the part.
        part: usize,
        /// The whole text, cut when long.
        text: String,
    },
    /// Neither `N` nor `N-M`.
    #[error("part {part} of UIDs is {found:?}: write one UID (07) or a range (00-15)")]
    NotANumber {
        /// Place of the part.
        part: usize,
        /// The part, cut when long.
        found: String,
    },
    /// More digits than a UID of the space has.
    #[error("part {part} of UIDs has {found:?} with {digits} digits: UIDs here have {width} ({space})")]
    TooManyDigits {
        /// Place of the part.
        part: usize,
        /// The number, cut when long.
        found: String,
        /// Digits found.
        digits: usize,
        /// Digits allowed.
        width: usize,
        /// The bounds of the space.
        space: UidSpace,
    },
    /// A number not below the size of the space.
    #[error("part {part} of UIDs has {found}: UIDs here are {space}")]
    OutOfSpace {
        /// Place of the part.
        part: usize,
        /// The number.
        found: u64,
        /// The bounds of the space.
        space: UidSpace,
    },
    /// A range whose end is below its begin.
    #[error("part {part} of UIDs is {first}-{last}, which runs backwards: write {last}-{first}")]
    Reversed {
        /// Place of the part.
        part: usize,
        /// The begin as written.
        first: u32,
        /// The end as written.
        last: u32,
    },
    /// UIDs that an earlier part has already. Refused and not merged: whoever wrote the same user twice meant
    /// another user once.
    #[error("part {part} of UIDs repeats {uids}, which part {earlier} has already: remove one of them")]
    Repeated {
        /// Place of the part.
        part: usize,
        /// Place of the earlier part.
        earlier: usize,
        /// What they share, as text.
        uids: String,
    },
}

/// Characters of a bad text that a message repeats.
const SHOWN_CHARS: usize = 40;

fn cut(text: &str) -> String {
    if text.chars().count() <= SHOWN_CHARS {
        return text.to_owned();
    }
    text.chars().take(SHOWN_CHARS).chain("…".chars()).collect()
}

/// The ranges as written, each checked, none sharing a UID with another.
pub(super) fn ranges(space: UidSpace, text: &str) -> Result<Vec<UidRange>, UidError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<(UidRange, usize)> = Vec::new();
    for (part, written) in (1..).zip(text.split(',')) {
        if written.trim().is_empty() {
            return Err(UidError::EmptyPart { part, text: cut(text) });
        }
        found.push((range(space, part, written.trim())?, part));
    }
    refuse_repeats(space, &found)?;
    Ok(found.into_iter().map(|(range, _)| range).collect())
}

fn range(space: UidSpace, part: usize, written: &str) -> Result<UidRange, UidError> {
    let Some((first, last)) = written.split_once('-') else {
        let uid = number(space, part, written, written)?;
        return Ok(UidRange { first: uid, last: uid });
    };
    let first = number(space, part, first.trim(), written)?;
    let last = number(space, part, last.trim(), written)?;
    if last < first {
        return Err(UidError::Reversed { part, first, last });
    }
    Ok(UidRange { first, last })
}

fn number(space: UidSpace, part: usize, digits: &str, written: &str) -> Result<u32, UidError> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UidError::NotANumber { part, found: cut(written) });
    }
    if digits.len() > space.width() {
        let (count, width) = (digits.len(), space.width());
        return Err(UidError::TooManyDigits { part, found: cut(digits), digits: count, width, space });
    }
    // At most ten digits by now, so a u64 holds them.
    let value = digits.bytes().fold(0_u64, |value, byte| value * 10 + u64::from(byte - b'0'));
    match u32::try_from(value) {
        Ok(uid) if space.contains(uid) => Ok(uid),
        _ => Err(UidError::OutOfSpace { part, found: value, space }),
    }
}

/// Sorted by begin, a range that shares a UID with any earlier one shares it with the one that ends last so far.
fn refuse_repeats(space: UidSpace, found: &[(UidRange, usize)]) -> Result<(), UidError> {
    let mut sorted = found.to_vec();
    sorted.sort_unstable();
    let mut furthest: Option<(UidRange, usize)> = None;
    for (range, part) in sorted {
        if let Some((before, other)) = furthest.filter(|(before, _)| range.first <= before.last) {
            let (first, last) = (range.first, range.last.min(before.last));
            let uids = match first == last {
                true => space.show(first),
                false => format!("{}-{}", space.show(first), space.show(last)),
            };
            return Err(UidError::Repeated { part: part.max(other), earlier: part.min(other), uids });
        }
        furthest = Some((range, part));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::UidSet;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_with_part_and_bounds() {
        for (text, message) in [
            ("00-15,,20", "part 2 of UIDs \"00-15,,20\" is empty: remove the extra comma"),
            ("00,", "part 2 of UIDs \"00,\" is empty: remove the extra comma"),
            ("00-15,x", "part 2 of UIDs is \"x\": write one UID (07) or a range (00-15)"),
            ("-5", "part 1 of UIDs is \"-5\": write one UID (07) or a range (00-15)"),
            ("1-2-3", "part 1 of UIDs is \"1-2-3\": write one UID (07) or a range (00-15)"),
            ("+1", "part 1 of UIDs is \"+1\": write one UID (07) or a range (00-15)"),
            ("007", "part 1 of UIDs has \"007\" with 3 digits: UIDs here have 2 (00-99)"),
            ("0-100", "part 1 of UIDs has \"100\" with 3 digits: UIDs here have 2 (00-99)"),
            ("15-00", "part 1 of UIDs is 15-0, which runs backwards: write 0-15"),
            ("00-15,10-20", "part 2 of UIDs repeats 10-15, which part 1 has already: remove one of them"),
            ("50,1,50", "part 3 of UIDs repeats 50, which part 1 has already: remove one of them"),
            ("0-50,3,40-60", "part 2 of UIDs repeats 03, which part 1 has already: remove one of them"),
        ] {
            assert_eq!(ranges(UidSpace::default(), text).unwrap_err().to_string(), message);
        }
        let sixty = UidSpace::new(60).unwrap();
        assert_eq!(
            ranges(sixty, "0-60").unwrap_err().to_string(),
            "part 1 of UIDs has 60: UIDs here are 00-59"
        );
        let greatest = UidSpace::new(u32::MAX).unwrap();
        assert!(matches!(ranges(greatest, "9999999999"), Err(UidError::OutOfSpace { .. })));
    }

    #[test]
    fn spaces_do_not_matter() {
        let set = UidSet::parse(UidSpace::default(), " 00 - 15 ,\t20-49 ").unwrap();
        assert_eq!(set.to_string(), "00-15,20-49");
    }

    proptest! {
        #[test]
        fn never_panics(size in 1..=u32::MAX, text in "\\PC{0,40}") {
            let _ = UidSet::parse(UidSpace::new(size).unwrap(), &text);
        }

        #[test]
        fn never_panics_on_what_looks_right(size in 1..300_u32, text in "[0-9, -]{0,30}") {
            let space = UidSpace::new(size).unwrap();
            if let Ok(set) = UidSet::parse(space, &text) {
                prop_assert!(set.iter().all(|uid| space.contains(uid)));
                prop_assert_eq!(UidSet::parse(space, &set.to_string()).unwrap(), set);
            }
        }
    }
}
