//! The OpenAPI v2 document. Kinds are published in v3 only; this one names none of them.
//!
//! kubectl asks for it when a manifest is of a kind or version that v3 does not have. With 404 it complains
//! about the download; with a document without that kind it goes on and says that there is no such kind.

use serde_json::json;

/// What client-go asks for: the document as the `Document` message of gnostic's `openapiv2`.
pub(crate) const ASKED: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/// How the answer calls it, as upstream does: an `@` is no part of a media type.
pub(crate) const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

const TITLE: &str = "Kubernetes";
const VERSION: &str = "unversioned";

/// The document as JSON.
pub(crate) fn json() -> Vec<u8> {
    json!({"swagger": "2.0", "info": {"title": TITLE, "version": VERSION}, "paths": {}})
        .to_string()
        .into_bytes()
}

/// The document as protobuf: `swagger` (1), `info` (2) with `title` (1) and `version` (2), `paths` (8).
pub(crate) fn protobuf() -> Vec<u8> {
    let info = [field(1, TITLE.as_bytes()), field(2, VERSION.as_bytes())].concat();
    [field(1, b"2.0"), field(2, &info), field(8, b"")].concat()
}

/// A length-delimited field; numbers below 16 and lengths below 128 take one byte each.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).ok().filter(|length| *length < 128);
    let mut bytes = vec![(number << 3) | 2, length.unwrap_or_default()];
    bytes.extend(length.map(|_| content).unwrap_or_default());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_its_fields() {
        let expected = b"\x0a\x032.0\x12\x19\x0a\x0aKubernetes\x12\x0bunversioned\x42\x00";
        assert_eq!(protobuf(), expected);
    }
}
