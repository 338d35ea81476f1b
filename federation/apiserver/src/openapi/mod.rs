//! OpenAPI v3: an index and one document per group version, for `kubectl apply`, `create`, `explain` and
//! `diff`.
//!
//! Documents are rendered when they are asked for and kept compressed. Their hash comes from what
//! goes into them, so that the index costs no rendering.

mod closure;
mod document;
mod operations;
mod parameters;
mod published;
pub(crate) mod version2;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

pub use published::Published;

use crate::discovery::Document;
use crate::resource::Resource;
use crate::status::{ApiError, ApiResult};

/// The OpenAPI v3 documents of a server.
pub struct OpenApi {
    index: Document,
    documents: BTreeMap<String, Lazy>,
}

struct Lazy {
    kinds: Vec<Arc<Resource>>,
    etag: String,
    compressed: OnceLock<Bytes>,
}

/// A rendered document.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The JSON document, compressed with gzip (`Content-Encoding: gzip`).
    pub gzip: Bytes,
    /// Quoted, as the `ETag` header has it.
    pub etag: String,
}

impl Rendered {
    /// The document for clients that do not take gzip. Errors: 500 when our own bytes cannot be read.
    pub fn plain(&self) -> ApiResult<Bytes> {
        let mut text = Vec::new();
        GzDecoder::new(self.gzip.as_ref()).read_to_end(&mut text).map_err(ApiError::internal)?;
        Ok(Bytes::from(text))
    }
}

impl OpenApi {
    /// The documents of `resources`, which may come in any order.
    pub fn new(resources: &[Arc<Resource>]) -> Self {
        let mut by_path: BTreeMap<String, Vec<Arc<Resource>>> = BTreeMap::new();
        for resource in resources {
            by_path
                .entry(path_of(&resource.group, &resource.version))
                .or_default()
                .push(Arc::clone(resource));
        }
        let mut paths = Map::new();
        let mut documents = BTreeMap::new();
        for (path, mut kinds) in by_path {
            kinds.sort_by(|a, b| a.plural.cmp(&b.plural));
            let hash = hash(&kinds);
            paths.insert(
                path.clone(),
                json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")}),
            );
            documents.insert(path, Lazy { kinds, etag: format!("\"{hash}\""), compressed: OnceLock::new() });
        }
        let body = serde_json::to_vec(&json!({"paths": paths})).expect("a JSON value always serializes");
        let etag = format!("\"{}\"", hex::encode_upper(Sha256::digest(&body)));
        Self { index: Document { body: body.into(), etag }, documents }
    }

    /// `/openapi/v3`: which documents there are.
    pub fn index(&self) -> &Document {
        &self.index
    }

    /// The document of a path below `/openapi/v3/`, for example `api/v1` or `apis/apps/v1`; `None` when
    /// nothing is served there. Errors: 500 when a schema cannot be rendered.
    pub fn document(&self, path: &str) -> Option<ApiResult<Rendered>> {
        let lazy = self.documents.get(path)?;
        Some(lazy.get().map(|gzip| Rendered { gzip, etag: lazy.etag.clone() }))
    }

    /// The `ETag` of a document without rendering it, for `If-None-Match`.
    pub fn etag(&self, path: &str) -> Option<&str> {
        self.documents.get(path).map(|lazy| lazy.etag.as_str())
    }
}

impl Lazy {
    fn get(&self) -> ApiResult<Bytes> {
        if let Some(bytes) = self.compressed.get() {
            return Ok(bytes.clone());
        }
        let text = document::render(&self.kinds)?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&text).map_err(ApiError::internal)?;
        let bytes = Bytes::from(encoder.finish().map_err(ApiError::internal)?);
        Ok(self.compressed.get_or_init(|| bytes).clone())
    }
}

fn path_of(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// Of everything that goes into the document of `kinds`.
fn hash(kinds: &[Arc<Resource>]) -> String {
    let mut hash = Sha256::new();
    // The version of the program stands for its assets and for the way documents are built.
    hash.update(env!("CARGO_PKG_VERSION"));
    for kind in kinds {
        let line = format!(
            "{}/{}/{}/{}/{}/{}/{:?}/{:?}\n",
            kind.group,
            kind.version,
            kind.plural,
            kind.kind,
            kind.list_kind,
            kind.namespaced,
            kind.verbs,
            kind.subresources
        );
        hash.update(line);
        hash.update(kind.openapi.fingerprint());
    }
    hex::encode_upper(hash.finalize())
}

#[cfg(test)]
mod tests;
