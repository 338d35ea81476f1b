//! Ages as people read them: upstream's `duration.HumanDuration`.

use jiff::Timestamp;

/// Two or three significant figures: `5m`, `3d4h`, `2y10d`. Negative by more than a second: `<invalid>`
/// (clocks differ a little, so one second is `0s`).
pub fn human_duration(seconds: i64) -> String {
    let minutes = seconds / 60;
    let hours = seconds / 3600;
    let days = hours / 24;
    match seconds {
        i64::MIN..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 24 * 8 => two(days, "d", hours % 24, "h"),
        _ if hours < 24 * 365 * 2 => format!("{days}d"),
        _ if hours < 24 * 365 * 8 => two(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

fn two(big: i64, big_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 { format!("{big}{big_unit}") } else { format!("{big}{big_unit}{small}{small_unit}") }
}

/// The age of an RFC 3339 time at `now` (Unix seconds): `<unknown>` without one, `<invalid>` for a text
/// that is no time.
pub fn since(time: Option<&str>, now: i64) -> String {
    match time {
        None | Some("") => "<unknown>".into(),
        Some(text) => match text.parse::<Timestamp>() {
            Ok(at) => human_duration(now.saturating_sub(at.as_second())),
            Err(_) => "<invalid>".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_upstream_prints_them() {
        let (minute, hour, day) = (60, 3600, 86400);
        for (seconds, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (120, "2m"),
            (9 * minute + 59, "9m59s"),
            (10 * minute + 1, "10m"),
            (3 * hour, "3h"),
            (3 * hour + 5 * minute, "3h5m"),
            (8 * hour + minute, "8h"),
            (2 * day, "2d"),
            (3 * day + 4 * hour, "3d4h"),
            (8 * day + hour, "8d"),
            (365 * day * 2 - 1, "729d"),
            (365 * day * 2 + 10 * day, "2y10d"),
            (365 * day * 9, "9y"),
        ] {
            assert_eq!(human_duration(seconds), text, "{seconds} seconds");
        }
    }

    #[test]
    fn an_age_needs_a_time() {
        assert_eq!(since(None, 0), "<unknown>");
        assert_eq!(since(Some("yesterday"), 0), "<invalid>");
        assert_eq!(since(Some("1970-01-01T00:00:00.500000Z"), 90), "90s");
    }
}
