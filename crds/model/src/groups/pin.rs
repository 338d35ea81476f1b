//! How many replicas a person pinned a cell to: a count, or a percentage that rounds down.

use std::fmt;
use std::str::FromStr;

/// How many replicas a person pinned a cell to (`topology.unitReplicas`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// So many pods.
    Count(u32),
    /// So many hundredths of `replicas`, rounded down.
    Percent(u8),
}

/// Why a text is neither a count nor a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Neither `4` nor `"10%"`.
    #[error("{found:?} is neither a count (4) nor a percentage (\"10%\")")]
    Malformed {
        /// The text, as given.
        found: String,
    },
    /// More than the whole.
    #[error("{percent}% is above 100%")]
    Above100 {
        /// The number before the sign.
        percent: u32,
    },
}

impl Pin {
    /// A percentage of `replicas`; above 100 is refused.
    pub fn percent(percent: u32) -> Result<Self, PinError> {
        match u8::try_from(percent) {
            Ok(small) if small <= 100 => Ok(Self::Percent(small)),
            _ => Err(PinError::Above100 { percent }),
        }
    }

    /// The pods this pin means; percentages are rounded down (02 §3.1).
    #[must_use]
    pub fn of(self, replicas: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            // At most `replicas`, since a percentage is at most 100.
            Self::Percent(percent) => {
                u32::try_from(u64::from(replicas) * u64::from(percent) / 100).unwrap_or(replicas)
            }
        }
    }
}

impl FromStr for Pin {
    type Err = PinError;

    /// Reads `4` or `10%`.
    fn from_str(text: &str) -> Result<Self, PinError> {
        let malformed = || PinError::Malformed { found: text.chars().take(40).collect() };
        let (digits, is_percent) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed());
        }
        let number: u32 = digits.parse().map_err(|_| malformed())?;
        if is_percent { Self::percent(number) } else { Ok(Self::Count(number)) }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}
