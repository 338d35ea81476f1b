//! One object in the cache: its stored bytes and a small index, no tree.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;

use super::scan::{ScanError, Text, scan};

/// An object at one version.
#[derive(Debug)]
pub(crate) struct Entry {
    value: Bytes,
    /// The version: the revision of the store that wrote it.
    pub(crate) revision: u64,
    metadata_start: u32,
    metadata_end: u32,
    key: Box<str>,
    labels: Box<[(Text, Text)]>,
    fields: Box<[Text]>,
    /// Whether the object is being deleted.
    pub(crate) deleting: bool,
}

impl Entry {
    /// Indexes `value`, the canonical JSON without a resourceVersion. `key` is `namespace/name`, or `name`
    /// for cluster scope.
    pub(crate) fn new(
        key: &str,
        value: Bytes,
        revision: u64,
        paths: &[Vec<String>],
    ) -> Result<Self, ScanError> {
        let found = scan(&value, paths)?;
        Ok(Self {
            revision,
            metadata_start: found.metadata_start,
            metadata_end: found.metadata_end,
            key: key.into(),
            labels: found.labels,
            fields: found.fields,
            deleting: found.deleting,
            value,
        })
    }

    /// `namespace/name`, or `name`.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The namespace; empty for cluster scope.
    pub(crate) fn namespace(&self) -> &str {
        self.key.split_once('/').map_or("", |(namespace, _)| namespace)
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        self.key.rsplit_once('/').map_or(&*self.key, |(_, name)| name)
    }

    /// The stored bytes, without a resourceVersion.
    pub(crate) fn stored(&self) -> &Bytes {
        &self.value
    }

    /// The value of a label.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| k.of(&self.value) == key).map(|(_, v)| v.of(&self.value))
    }

    /// The text of the `index`-th selectable field.
    pub(crate) fn field(&self, index: usize) -> &str {
        self.fields.get(index).map_or("", |text| text.of(&self.value))
    }

    /// How many bytes [`Entry::write`] adds, within a few.
    pub(crate) fn written_len(&self) -> usize {
        self.value.len() + 42
    }

    /// Appends the object as clients see it, with `revision` as its resourceVersion; 0, for an object that was
    /// not stored, leaves it out.
    pub(crate) fn write(&self, revision: u64, out: &mut Vec<u8>) {
        self.write_range(0, self.value.len(), revision, out);
    }

    /// Appends the object as `PartialObjectMetadata`.
    pub(crate) fn write_metadata(&self, revision: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(
            br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#,
        );
        self.write_range(self.metadata_start as usize - 1, self.metadata_end as usize, revision, out);
        out.push(b'}');
    }

    fn write_range(&self, start: usize, end: usize, revision: u64, out: &mut Vec<u8>) {
        let at = self.metadata_start as usize;
        if revision == 0 {
            out.extend_from_slice(&self.value[start..end]);
            return;
        }
        out.extend_from_slice(&self.value[start..at]);
        out.extend_from_slice(br#""resourceVersion":""#);
        push_decimal(revision, out);
        out.push(b'"');
        if self.value[at] != b'}' {
            out.push(b',');
        }
        out.extend_from_slice(&self.value[at..end]);
    }

    /// The object as clients see it, in one buffer.
    pub(crate) fn to_bytes(&self, revision: u64) -> Bytes {
        let mut out = Vec::with_capacity(self.written_len());
        self.write(revision, &mut out);
        out.into()
    }
}

/// Appends `n` in decimal without an allocation.
pub(crate) fn push_decimal(mut n: u64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// An entry inside an ordered set, ordered by its key alone.
#[derive(Clone, Debug)]
pub(crate) struct Item(pub(crate) Arc<Entry>);

impl Borrow<str> for Item {
    fn borrow(&self) -> &str {
        self.0.key()
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.key().cmp(other.0.key())
    }
}

/// The objects of one kind at one version; cloning it costs nothing.
pub(crate) type Objects = imbl::OrdSet<Item>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_spliced_into_the_metadata() {
        let json = r#"{"kind":"K","metadata":{"name":"a","namespace":"n"},"spec":{"metadata":{}}}"#;
        let entry = Entry::new("n/a", Bytes::from_static(json.as_bytes()), 7, &[]).expect("JSON");
        let out = entry.to_bytes(9);
        let text = r#"{"kind":"K","metadata":{"resourceVersion":"9","name":"a","namespace":"n"},"spec":{"metadata":{}}}"#;
        assert_eq!(out, text.as_bytes());
        let mut out = Vec::new();
        entry.write_metadata(10, &mut out);
        let text = r#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"10","name":"a","namespace":"n"}}"#;
        assert_eq!(out, text.as_bytes());
        assert_eq!((entry.namespace(), entry.name()), ("n", "a"));
    }

    #[test]
    fn decimals_of_every_length() {
        for n in [0, 9, 10, 12345, u64::MAX] {
            let mut out = Vec::new();
            push_decimal(n, &mut out);
            assert_eq!(out, n.to_string().as_bytes());
        }
    }
}
