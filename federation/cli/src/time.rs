//! Times as people read them.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// How long ago, as kubectl says it: `5s`, `3m20s`, `2h`, `5d`.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second()).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 if seconds % 60 != 0 => format!("{minutes}m{}s", seconds % 60),
        120..10_800 => format!("{minutes}m"),
        10_800..28_800 if minutes % 60 != 0 => format!("{hours}h{}m", minutes % 60),
        10_800..172_800 => format!("{hours}h"),
        172_800..691_200 if hours % 24 != 0 => format!("{days}d{}h", hours % 24),
        172_800..63_072_000 => format!("{days}d"),
        _ => format!("{}y", days / 365),
    }
}

/// Age of an object.
#[must_use]
pub fn age_of(created: Option<&Time>, now: Timestamp) -> String {
    created.map_or_else(|| "<unknown>".into(), |time| age(time.0, now))
}

/// Age of a time that stands in a status as text; empty where there is none.
#[must_use]
pub fn age_of_text(text: &str, now: Timestamp) -> String {
    text.parse().map_or_else(|_| String::new(), |then| age(then, now))
}

/// Seconds of `90`, `90s`, `30m`, `12h` or `2d`.
pub fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no duration: write 90s, 30m, 12h or 2d");
    let (number, factor) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3600),
        Some(b'd') => (&text[..text.len() - 1], 86_400),
        Some(b'0'..=b'9') => (text, 1),
        _ => return Err(wrong()),
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    number.parse::<i64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ages_read_as_in_kubectl() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for (seconds, said) in [
            (0, "0s"),
            (119, "119s"),
            (121, "2m1s"),
            (180, "3m"),
            (3599, "59m"),
            (10_860, "3h1m"),
            (90_000, "25h"),
            (180_000, "2d2h"),
            (864_000, "10d"),
            (70_000_000, "2y"),
        ] {
            assert_eq!(age(at(1000), at(1000 + seconds)), said);
        }
        assert_eq!(age(at(5), at(1)), "0s");
    }

    #[test]
    fn durations_are_read_or_refused() {
        assert_eq!(
            ["90", "90s", "30m", "12h", "2d"].map(|text| seconds(text).unwrap()),
            [90, 90, 1800, 43_200, 172_800]
        );
        for bad in ["", "s", "1w", "-1s", "1.5h", "99999999999999999999s", "é"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_surprise(text: String) {
            let _ = seconds(&text);
            let _ = age_of_text(&text, Timestamp::UNIX_EPOCH);
        }
    }
}
