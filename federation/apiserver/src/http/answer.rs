//! What a handler answers, before it becomes an HTTP response.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, BoxStream, StreamExt};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, VARY};
use http::{HeaderMap, Response, StatusCode};

use super::body::Body;
use super::negotiate::Media;
use crate::status::{ApiError, ApiResult};

/// Answers above this many bytes are packed when the client can unpack them, as upstream does.
pub(crate) const GZIP_FROM: usize = 128 * 1024;

/// Code, headers and content of an answer.
pub(crate) struct Answer {
    /// HTTP code.
    pub(crate) code: u16,
    /// `Content-Type`.
    pub(crate) content_type: HeaderValue,
    /// Other headers.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Texts for `Warning` headers.
    pub(crate) warnings: Vec<String>,
    /// What follows the headers.
    pub(crate) content: Content,
}

/// The body of an [`Answer`].
pub(crate) enum Content {
    /// One piece.
    Whole(Bytes),
    /// Many pieces of one document; may be packed.
    Pieces(BoxStream<'static, Bytes>),
    /// Events as they happen; each is flushed at once and never packed.
    Live(BoxStream<'static, Bytes>),
}

impl Answer {
    /// An answer of one piece.
    pub(crate) fn whole(code: u16, content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self {
            code,
            content_type: HeaderValue::from_static(content_type),
            headers: Vec::new(),
            warnings: Vec::new(),
            content: Content::Whole(bytes.into()),
        }
    }

    /// A JSON document as JSON or YAML.
    pub(crate) fn document(code: u16, media: Media, json: Bytes) -> ApiResult<Self> {
        let bytes = match media {
            Media::Json => json,
            Media::Yaml => yaml(&json)?.into(),
        };
        Ok(Self::whole(code, media.content_type(), bytes))
    }

    /// The answer for an error.
    pub(crate) fn error(error: &ApiError) -> Self {
        let json = serde_json::to_vec(&error.0).unwrap_or_default();
        let mut answer = Self::whole(error.code(), "application/json", json);
        let wait = error.0.details.as_ref().map_or(0, |details| details.retry_after_seconds);
        if wait > 0 {
            answer.headers.push((RETRY_AFTER, HeaderValue::from(wait)));
        }
        answer
    }

    /// The HTTP response. `asked` are the headers of the request.
    pub(crate) fn into_response(self, asked: &HeaderMap) -> Response<Body> {
        let gzip = accepts_gzip(asked);
        let (body, packed) = match self.content {
            Content::Whole(bytes) if gzip && bytes.len() >= GZIP_FROM => (Body::whole(pack(&bytes)), true),
            Content::Whole(bytes) => (Body::whole(bytes), false),
            Content::Pieces(pieces) if gzip => (Body::stream(pack_stream(pieces)), true),
            Content::Pieces(pieces) | Content::Live(pieces) => (Body::stream(pieces), false),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.content_type);
        headers.extend(self.headers);
        if packed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        for warning in self.warnings {
            if let Some(value) = warning_header(&warning) {
                headers.append(http::header::WARNING, value);
            }
        }
        response
    }
}

/// JSON text as YAML text. Errors: 500 for what is not JSON.
pub(crate) fn yaml(json: &[u8]) -> ApiResult<String> {
    let value: serde_json::Value = serde_json::from_slice(json).map_err(ApiError::internal)?;
    serde_yaml_ng::to_string(&value).map_err(ApiError::internal)
}

/// `299 - "text"`; quotes and backslashes are escaped, control characters left out (RFC 7234 §5.5).
fn warning_header(text: &str) -> Option<HeaderValue> {
    let mut out = String::from("299 - \"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    HeaderValue::from_str(&out).or_else(|_| HeaderValue::from_bytes(out.as_bytes())).ok()
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(http::header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).any(|part| {
        let (coding, parameters) = part.split_once(';').unwrap_or((part, ""));
        coding.trim().eq_ignore_ascii_case("gzip") && !matches!(parameters.trim(), "q=0" | "q=0.0")
    })
}

fn pack(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing into memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default().into()
}

fn pack_stream(pieces: BoxStream<'static, Bytes>) -> impl futures::Stream<Item = Bytes> {
    let encoder = GzEncoder::new(Vec::new(), Compression::fast());
    stream::unfold((pieces, Some(encoder)), |(mut pieces, encoder)| async move {
        let mut encoder = encoder?;
        loop {
            match pieces.next().await {
                Some(piece) => {
                    let _ = encoder.write_all(&piece);
                    let out = std::mem::take(encoder.get_mut());
                    if !out.is_empty() {
                        return Some((Bytes::from(out), (pieces, Some(encoder))));
                    }
                }
                None => return Some((Bytes::from(encoder.finish().unwrap_or_default()), (pieces, None))),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn warnings_are_quoted() {
        let value = warning_header("unknown field \"spec.x\"\n").expect("a header");
        assert_eq!(value, "299 - \"unknown field \\\"spec.x\\\"\"");
    }

    #[tokio::test]
    async fn a_packed_stream_unpacks_to_the_same() {
        let pieces: Vec<Bytes> = (0..50u8).map(|n| Bytes::from(vec![n; 10_000])).collect();
        let packed: Vec<Bytes> = pack_stream(stream::iter(pieces.clone()).boxed()).collect().await;
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(&*packed.concat()).read_to_end(&mut out).expect("gzip");
        assert_eq!(out, pieces.concat());
    }
}
