//! Frames: one event as it goes over the wire, a line of JSON.

use bytes::Bytes;

use crate::cache::entry::Entry;
use crate::cache::event::Verb;
use crate::read::kind::Writer;
use crate::status::ApiError;

/// Appends the frame that tells `verb` about `entry` at `revision`.
pub(super) fn write(
    writer: &Writer<'_>,
    verb: Verb,
    entry: &Entry,
    revision: u64,
    columns: bool,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(verb.word().as_bytes());
    out.extend_from_slice(b"\",\"object\":");
    writer.single(entry, revision, columns, out);
    out.extend_from_slice(b"}\n");
}

/// The same as a piece of its own.
pub(super) fn event(writer: &Writer<'_>, verb: Verb, entry: &Entry, revision: u64, columns: bool) -> Bytes {
    let mut out = Vec::with_capacity(entry.written_len() + 40);
    write(writer, verb, entry, revision, columns, &mut out);
    out.into()
}

/// A bookmark at `revision`; `initial` marks the end of the initial events.
pub(super) fn bookmark(writer: &Writer<'_>, revision: u64, initial: bool) -> Bytes {
    let annotations = if initial { ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" } else { "" };
    let object = writer.bookmark(&format!("{{\"resourceVersion\":\"{revision}\"{annotations}}}"));
    format!("{{\"type\":\"BOOKMARK\",\"object\":{object}}}\n").into()
}

/// An error inside the stream.
pub(super) fn error(error: &ApiError) -> Bytes {
    let status = serde_json::to_string(&error.0).unwrap_or_default();
    format!("{{\"type\":\"ERROR\",\"object\":{status}}}\n").into()
}
