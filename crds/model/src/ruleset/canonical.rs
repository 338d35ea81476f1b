//! Canonical JSON (RFC 8785) of the values we emit: texts, integers, booleans, null, arrays, objects.
//!
//! Integers stay within ±2^53, where every JSON reader agrees. Fractions have no place here and are refused.

use std::fmt::{self, Write as _};

use serde_json::Value;

/// The greatest integer that every reader takes exactly: 2^53 - 1 (RFC 7493 §2.2).
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// A value whose `Display` is its canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; made by [`From<u32>`] or [`Json::from_value`], which keep it within [`INTEGER_MAX`].
    Integer(i64),
    /// A text.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; keys are unique and sorted by their UTF-16 code units.
    Object(Vec<(String, Json)>),
}

/// Why a value has no canonical form here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A fraction, or an integer outside of ±(2^53 - 1).
    #[error("number {number} at {path:?} is not an integer within ±9007199254740991: write it as text")]
    Number {
        /// The number.
        number: String,
        /// JSON pointer to it.
        path: String,
    },
    /// Deeper than [`DEPTH_MAX`].
    #[error("value at {path:?} is nested deeper than {DEPTH_MAX} levels")]
    TooDeep {
        /// JSON pointer to it.
        path: String,
    },
}

/// Levels of arrays and objects that are taken, as serde_json's own limit is.
pub const DEPTH_MAX: usize = 128;

impl Json {
    /// A text, by its `Display`.
    pub fn text(value: impl fmt::Display) -> Self {
        Self::Text(value.to_string())
    }

    /// An array.
    pub fn array(values: impl IntoIterator<Item = Self>) -> Self {
        Self::Array(values.into_iter().collect())
    }

    /// An object. Of two equal keys the last one counts.
    pub fn object(fields: impl IntoIterator<Item = (String, Self)>) -> Self {
        let mut sorted: Vec<(String, Self)> = fields.into_iter().collect();
        sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
        sorted.reverse();
        sorted.dedup_by(|(a, _), (b, _)| a == b);
        sorted.reverse();
        Self::Object(sorted)
    }

    /// An object with fields known beforehand.
    pub fn record<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)))
    }

    /// The canonical form of a parsed value.
    pub fn from_value(value: &Value) -> Result<Self, CanonicalError> {
        from_value(value, &mut String::new(), 0)
    }
}

fn from_value(value: &Value, path: &mut String, depth: usize) -> Result<Json, CanonicalError> {
    if depth > DEPTH_MAX {
        return Err(CanonicalError::TooDeep { path: path.clone() });
    }
    let length = path.len();
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(integer) if (-INTEGER_MAX..=INTEGER_MAX).contains(&integer) => Json::Integer(integer),
            _ => return Err(CanonicalError::Number { number: number.to_string(), path: path.clone() }),
        },
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(values) => {
            let mut array = Vec::with_capacity(values.len());
            for (place, value) in values.iter().enumerate() {
                path.push_str(&format!("/{place}"));
                array.push(from_value(value, path, depth + 1)?);
                path.truncate(length);
            }
            Json::Array(array)
        }
        Value::Object(fields) => {
            let mut object = Vec::with_capacity(fields.len());
            for (key, value) in fields {
                path.push('/');
                path.push_str(&key.replace('~', "~0").replace('/', "~1"));
                object.push((key.clone(), from_value(value, path, depth + 1)?));
                path.truncate(length);
            }
            Json::object(object)
        }
    })
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(text) => write_text(f, text),
            Self::Array(values) => {
                f.write_char('[')?;
                for (place, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if place == 0 { "" } else { "," })?;
                }
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                for (place, (key, value)) in fields.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { "," })?;
                    write_text(f, key)?;
                    write!(f, ":{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// RFC 8785 §3.2.2.2: the short escapes, `\u00xx` in lower case for other control characters, all else as it is.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{9}' => f.write_str("\\t")?,
            '\u{a}' => f.write_str("\\n")?,
            '\u{c}' => f.write_str("\\f")?,
            '\u{d}' => f.write_str("\\r")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn sorts_by_utf16_and_not_by_bytes() {
        // The example of RFC 8785 §3.2.3: an emoji (a surrogate pair) sorts before a high plain character.
        let value =
            json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let text = Json::from_value(&value).unwrap().to_string();
        let order: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        // Keys in order: \r, "1", U+0080, U+00F6, U+20AC, U+1F600, U+FB33.
        assert_eq!(order.iter().collect::<String>(), "2146715 3".replace(' ', ""));
    }

    #[test]
    fn escapes_as_the_rfc_says() {
        let text = "\u{20ac}$\u{f}\nA'B\"\\\\\"/";
        assert_eq!(Json::text(text).to_string(), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    }

    #[test]
    fn of_two_equal_keys_the_last_counts() {
        let object = Json::object([("a".to_owned(), Json::from(1)), ("a".to_owned(), Json::from(2))]);
        assert_eq!(object.to_string(), r#"{"a":2}"#);
    }

    #[test]
    fn refuses_fractions_and_large_integers() {
        let error = Json::from_value(&json!({"a": [1, 1.5]})).unwrap_err().to_string();
        assert!(error.contains("1.5") && error.contains("/a/1"), "{error}");
        assert!(Json::from_value(&json!(9_007_199_254_740_992_i64)).is_err());
        assert!(Json::from_value(&json!(9_007_199_254_740_991_i64)).is_ok());
        let deep = (0..200).fold(Value::Null, |inner, _| json!([inner]));
        assert!(matches!(Json::from_value(&deep), Err(CanonicalError::TooDeep { .. })));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
            "[\\x00-\\x20\"\\\\]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("\\PC{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn means_the_same_value(value in values()) {
            let text = Json::from_value(&value).unwrap().to_string();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
