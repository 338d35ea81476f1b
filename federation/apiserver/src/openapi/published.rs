//! The published schema of a kind, kept small: documents are asked for rarely.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde_json::Value;

use crate::status::{ApiError, ApiResult};

/// Where the OpenAPI schema of a kind is.
#[derive(Clone, Debug, Default)]
pub enum Published {
    /// Among the definitions of the built-in kinds, under the kind's `definition_name`.
    #[default]
    Builtin,
    /// Its own: the compressed JSON of a schema.
    Own(Bytes),
}

impl Published {
    /// Keeps `schema` compressed.
    pub fn own(schema: &Value) -> Self {
        let text = serde_json::to_vec(schema).expect("a JSON value always serializes");
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        let written = encoder.write_all(&text).and_then(|()| encoder.finish());
        Self::Own(written.expect("writing into memory does not fail").into())
    }

    /// The JSON text of a schema of its own; `None` for a built-in one. Errors: 500 when the bytes
    /// cannot be unpacked.
    pub fn text(&self) -> ApiResult<Option<String>> {
        let Self::Own(bytes) = self else { return Ok(None) };
        let mut text = String::new();
        DeflateDecoder::new(bytes.as_ref()).read_to_string(&mut text).map_err(ApiError::internal)?;
        Ok(Some(text))
    }

    /// Bytes that differ when the schema differs.
    pub(super) fn fingerprint(&self) -> &[u8] {
        match self {
            Self::Builtin => b"builtin",
            Self::Own(bytes) => bytes,
        }
    }
}
