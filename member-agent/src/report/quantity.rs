//! Kubernetes quantities as whole thousandths: enough for `cpu`, `memory` and `pods`.

/// Thousandths of the unit.
pub type Quantity = i128;

/// `500m`, `2`, `1.5`, `128Mi`, `1e3`; `None` for anything else.
pub fn parse_quantity(text: &str) -> Option<Quantity> {
    let text = text.trim();
    let split = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let (multiplier, divisor) = scale(suffix)?;
    Some(decimal_thousandths(number)?.checked_mul(multiplier)? / divisor)
}

/// A decimal number in thousandths; further digits are cut off.
fn decimal_thousandths(number: &str) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let negative = whole.starts_with('-');
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let fraction: i128 = digits.parse().ok()?;
    let thousandths = whole.checked_mul(1000)?;
    thousandths.checked_add(if negative { -fraction } else { fraction })
}

fn scale(suffix: &str) -> Option<(i128, i128)> {
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        exponent => {
            let power: u32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            (10_i128.checked_pow(power.min(30))?, 1)
        }
    })
}

/// `cpu` as cores or `m`, `memory` in Mi, everything else as a number; rounded down.
pub(super) fn show(resource: &str, amount: Quantity) -> String {
    match resource {
        "cpu" if amount % 1000 == 0 => (amount / 1000).to_string(),
        "cpu" => format!("{amount}m"),
        "memory" => format!("{}Mi", amount / 1000 / (1 << 20)),
        _ => (amount / 1000).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_forms() {
        for (text, thousandths) in [
            ("500m", 500),
            ("2", 2000),
            ("1.5", 1500),
            ("1Ki", 1_024_000),
            ("-0.5", -500),
            ("1e3", 1_000_000),
        ] {
            assert_eq!(parse_quantity(text), Some(thousandths), "{text}");
        }
        for text in ["", "x", "1.2.3", "1Xi", "."] {
            assert_eq!(parse_quantity(text), None, "{text}");
        }
        assert_eq!(show("memory", parse_quantity("1Gi").unwrap()), "1024Mi");
        assert_eq!(show("cpu", 2500), "2500m");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,24}") {
            let _ = parse_quantity(&text);
        }
    }
}
