//! The string and number formats that upstream checks for custom kinds.
//! Source: `apiextensions-apiserver/pkg/apiserver/validation/formats.go`.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;

/// Whether `text` obeys `format`. Unknown formats are not checked, as upstream.
pub(crate) fn string_obeys(format: &str, text: &str) -> bool {
    match format {
        "date-time" | "datetime" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        "byte" => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
        "duration" => duration(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => cidr(text),
        "uuid" => uuid::Uuid::try_parse(text).is_ok(),
        "uri" => http::Uri::try_from(text).is_ok(),
        "email" => text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
        _ => true,
    }
}

/// Whether the integer fits `format`; only `int32` is narrower than what JSON decoding gives.
pub(crate) fn integer_obeys(format: &str, number: f64) -> bool {
    match format {
        "int32" => (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number),
        _ => true,
    }
}

/// Go's duration syntax: `1h30m`, `1.5s`, `-2us`, `0`.
pub(crate) fn duration(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    if text == "0" {
        return true;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = &rest[..digits];
        if number.parse::<f64>().is_err() {
            return false;
        }
        rest = &rest[digits..];
        let units = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
        let Some(unit) = units.iter().find(|unit| rest.starts_with(**unit)) else { return false };
        rest = &rest[unit.len()..];
    }
    !text.is_empty()
}

fn cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let Ok(bits) = bits.parse::<u8>() else { return false };
    (address.parse::<Ipv4Addr>().is_ok() && bits <= 32)
        || (address.parse::<Ipv6Addr>().is_ok() && bits <= 128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_good_from_bad() {
        let table = [
            ("date-time", "2026-11-24T10:00:00Z", true),
            ("date-time", "2026-11-24", false),
            ("byte", "aGk=", true),
            ("byte", "a", false),
            ("duration", "1h30m", true),
            ("duration", "1.5s", true),
            ("duration", "0", true),
            ("duration", "", false),
            ("duration", "5", false),
            ("duration", ".s", false),
            ("ipv4", "10.0.0.1", true),
            ("ipv4", "10.0.0", false),
            ("cidr", "10.0.0.0/8", true),
            ("cidr", "10.0.0.0/33", false),
            ("made-up", "anything", true),
        ];
        for (format, text, expected) in table {
            assert_eq!(string_obeys(format, text), expected, "{format} {text}");
        }
    }
}
