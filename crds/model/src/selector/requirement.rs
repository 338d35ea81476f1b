//! One requirement on one label.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::Labels;

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The label is there and has one of the values.
    In,
    /// The label is not there, or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is not there.
    DoesNotExist,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        })
    }
}

impl FromStr for Operator {
    type Err = SelectorError;
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        match text {
            "In" => Ok(Self::In),
            "NotIn" => Ok(Self::NotIn),
            "Exists" => Ok(Self::Exists),
            "DoesNotExist" => Ok(Self::DoesNotExist),
            _ => Err(SelectorError::Operator { found: text.chars().take(40).collect() }),
        }
    }
}

/// Why a text or an expression is not a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Not one of the four.
    #[error("{found:?} is not a selector operator: use In, NotIn, Exists or DoesNotExist")]
    Operator {
        /// The text.
        found: String,
    },
    /// Not a label key.
    #[error(
        "selector key {found:?} is not a label key: write name or prefix/name, the name with at most 63 letters, digits, '-', '_' or '.'"
    )]
    Key {
        /// The text.
        found: String,
    },
    /// Not a label value.
    #[error(
        "value {found:?} of selector key {key:?} is not a label value: use at most 63 letters, digits, '-', '_' or '.'"
    )]
    Value {
        /// The key.
        key: String,
        /// The text.
        found: String,
    },
    /// `In` and `NotIn` compare with something.
    #[error("selector requirement {operator} on key {key:?} needs at least one value")]
    NoValues {
        /// The key.
        key: String,
        /// The operator.
        operator: Operator,
    },
    /// `Exists` and `DoesNotExist` compare with nothing.
    #[error("selector requirement {operator} on key {key:?} takes no values, but has {count}")]
    Values {
        /// The key.
        key: String,
        /// The operator.
        operator: Operator,
        /// Values given.
        count: usize,
    },
    /// The text ends or goes on where it must not.
    #[error("selector has {found} at position {position}, where {expected} is expected")]
    Syntax {
        /// Position in characters, from 0.
        position: usize,
        /// What is there.
        found: String,
        /// What should be.
        expected: &'static str,
    },
}

/// One requirement on one label, valid by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: BTreeSet<String>,
}

impl Requirement {
    /// A requirement; key and values are checked as Kubernetes checks labels.
    pub fn new(
        key: &str,
        operator: Operator,
        values: impl IntoIterator<Item = String>,
    ) -> Result<Self, SelectorError> {
        if !is_label_key(key) {
            return Err(SelectorError::Key { found: key.chars().take(80).collect() });
        }
        let values: BTreeSet<String> = values.into_iter().collect();
        if let Some(bad) = values.iter().find(|value| !is_label_value(value)) {
            let found = bad.chars().take(80).collect();
            return Err(SelectorError::Value { key: key.to_owned(), found });
        }
        let compares = matches!(operator, Operator::In | Operator::NotIn);
        match (compares, values.len()) {
            (true, 0) => Err(SelectorError::NoValues { key: key.to_owned(), operator }),
            (false, count @ 1..) => Err(SelectorError::Values { key: key.to_owned(), operator, count }),
            _ => Ok(Self { key: key.to_owned(), operator, values }),
        }
    }

    /// The label's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How it is compared.
    #[must_use]
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// What it is compared with.
    #[must_use]
    pub const fn values(&self) -> &BTreeSet<String> {
        &self.values
    }

    /// Whether an object with `labels` meets it. `NotIn` holds without the label, as upstream has it.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, values) = (&self.key, &self.values);
        let word = match (self.operator, values.first()) {
            (Operator::Exists, _) => return f.write_str(key),
            (Operator::DoesNotExist, _) => return write!(f, "!{key}"),
            (Operator::In, Some(only)) if values.len() == 1 => return write!(f, "{key}={only}"),
            (Operator::NotIn, Some(only)) if values.len() == 1 => return write!(f, "{key}!={only}"),
            (Operator::In, _) => "in",
            (Operator::NotIn, _) => "notin",
        };
        write!(f, "{key} {word} ({})", values.iter().map(String::as_str).collect::<Vec<_>>().join(","))
    }
}

/// A qualified name: up to 63 characters, with an optional DNS subdomain before a slash.
fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        None => !key.is_empty() && is_label_value(key),
        Some((prefix, name)) => is_subdomain(prefix) && !name.is_empty() && is_label_value(name),
    }
}

fn is_subdomain(text: &str) -> bool {
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        bytes.iter().all(inner) && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

/// Empty, or up to 63 letters, digits, `-`, `_`, `.`, with a letter or digit at both ends.
fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return true };
    bytes.len() <= 63
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
