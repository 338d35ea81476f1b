//! The partial scan of a stored object: finds what the index needs without building a tree.
//!
//! The stored value is JSON that this server wrote, so texts without escapes are kept as positions in
//! the value and cost eight bytes instead of a copy.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A text inside an object: where it stands, or a copy where the JSON spells it with escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// Bytes `start..end` of the value.
    Span(u32, u32),
    /// The text itself.
    Owned(Box<str>),
}

impl Text {
    /// The text, given the value it was scanned from.
    pub(crate) fn of<'a>(&'a self, value: &'a [u8]) -> &'a str {
        match self {
            Self::Span(start, end) => value
                .get(*start as usize..*end as usize)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .unwrap_or_default(),
            Self::Owned(text) => text,
        }
    }
}

/// What the scan finds.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Position just after the `{` of `metadata`.
    pub(crate) metadata_start: u32,
    /// Position just after the `}` of `metadata`.
    pub(crate) metadata_end: u32,
    /// Labels in the order of their keys.
    pub(crate) labels: Box<[(Text, Text)]>,
    /// One text per selectable field, empty where the object has none.
    pub(crate) fields: Box<[Text]>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub(crate) deleting: bool,
}

/// Why a stored value cannot be indexed.
#[derive(Debug, thiserror::Error)]
#[error("scan the stored object")]
pub(crate) struct ScanError(#[from] serde_json::Error);

/// The members of a path such as `.spec.unit`, split once.
pub(crate) fn split_path(path: &str) -> Vec<String> {
    path.split('.').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
}

/// Scans `value`; `paths` are the selectable fields as [`split_path`] gives them.
pub(crate) fn scan(value: &Bytes, paths: &[Vec<String>]) -> Result<Scanned, ScanError> {
    let head: Head<'_> = serde_json::from_slice(value)?;
    let raw = head.metadata.get();
    let start = offset(value, raw);
    let meta: Meta<'_> = serde_json::from_str(raw)?;
    let labels = meta.labels.0.into_iter().map(|(k, v)| (text(value, k), text(value, v))).collect();
    let mut fields = Vec::with_capacity(paths.len());
    for path in paths {
        let mut json = serde_json::Deserializer::from_slice(value);
        let found = At(path).deserialize(&mut json)?;
        fields.push(text(value, found));
    }
    Ok(Scanned {
        metadata_start: start + 1,
        metadata_end: start + raw.len() as u32,
        labels,
        fields: fields.into(),
        deleting: meta.deletion_timestamp.is_some(),
    })
}

/// Where `part`, a borrowed piece of `whole`, begins in it.
fn offset(whole: &[u8], part: &str) -> u32 {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize) as u32
}

fn text(whole: &[u8], found: Cow<'_, str>) -> Text {
    match found {
        // Not from the value: there is no such text.
        Cow::Borrowed("") => Text::Span(0, 0),
        Cow::Borrowed(part) => {
            let start = offset(whole, part);
            Text::Span(start, start + part.len() as u32)
        }
        Cow::Owned(copy) => Text::Owned(copy.into()),
    }
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    #[serde(borrow, default)]
    labels: Pairs<'a>,
    #[serde(default)]
    deletion_timestamp: Option<IgnoredAny>,
}

/// A string that borrows when it can; serde's own `Cow` always copies inside containers.
struct Str<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(v))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(v.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(""))
            }
        }
        deserializer.deserialize_any(V).map(Str)
    }
}

#[derive(Default)]
struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Pairs::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Pairs::default();
                while let Some((key, value)) = map.next_entry::<Str<'de>, Str<'de>>()? {
                    pairs.0.push((key.0, value.0));
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// Walks down the members of a path and skips everything else.
struct At<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Cow::Borrowed("");
        while let Some(key) = map.next_key::<Str<'de>>()? {
            match self.0.split_first() {
                Some((first, rest)) if *first == key.0 => found = map.next_value_seed(At(rest))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(if self.0.is_empty() { Cow::Borrowed(v) } else { Cow::Borrowed("") })
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(if self.0.is_empty() { Cow::Owned(v.to_owned()) } else { Cow::Borrowed("") })
    }

    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<Self::Value, E> {
        self.visit_str(if v { "true" } else { "false" })
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Self::Value, E> {
        self.visit_str(&v.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Self::Value, E> {
        self.visit_str(&v.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Self::Value, E> {
        self.visit_str(&v.to_string())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(json: &'static str, paths: &[&str]) -> (Bytes, Scanned) {
        let value = Bytes::from_static(json.as_bytes());
        let paths: Vec<_> = paths.iter().map(|p| split_path(p)).collect();
        let found = scan(&value, &paths).expect("the sample is JSON");
        (value, found)
    }

    #[test]
    fn labels_and_fields_point_into_the_value() {
        let json = r#"{"a":[{"b":1}],"metadata":{"labels":{"app":"shop","x":""},"name":"n"},"spec":{"n":3,"unit":"RZ01"}}"#;
        let (value, found) = scanned(json, &[".spec.unit", ".spec.n", ".spec.none", ".a.b"]);
        let labels: Vec<_> = found.labels.iter().map(|(k, v)| (k.of(&value), v.of(&value))).collect();
        assert_eq!(labels, [("app", "shop"), ("x", "")]);
        let fields: Vec<_> = found.fields.iter().map(|t| t.of(&value)).collect();
        assert_eq!(fields, ["RZ01", "3", "", ""]);
        assert!(matches!(found.fields[0], Text::Span(..)), "a plain text is not copied");
        assert_eq!(&value[found.metadata_start as usize - 1..][..2], b"{\"");
        assert_eq!(value[found.metadata_end as usize - 1], b'}');
    }

    #[test]
    fn escapes_are_unescaped_and_deletion_is_seen() {
        let json =
            r#"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z","name":"n"},"spec":{"unit":"a\"b"}}"#;
        let (value, found) = scanned(json, &[".spec.unit"]);
        assert_eq!(found.fields[0].of(&value), "a\"b");
        assert!(found.deleting);
    }
}
