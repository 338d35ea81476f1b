//! Bodies of requests: read up to the limit, unpacked, and told apart by their content type.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::read::GzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body::Body;
use http_body_util::BodyExt;

use crate::status::{ApiError, ApiResult};

/// Most bytes of a request body, unpacked: upstream's `MaxRequestBodyBytes`.
pub(crate) const LIMIT: usize = 3 * 1024 * 1024;

/// How a request body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/json`, also when the header is missing.
    Json,
    /// `application/yaml`.
    Yaml,
    /// `application/vnd.kubernetes.protobuf`.
    Protobuf,
}

/// Reads the whole body. Errors: 413 above [`LIMIT`], 400 when the connection or the packing breaks, 415
/// for a packing other than gzip.
pub(crate) async fn read<B>(headers: &HeaderMap, body: B) -> ApiResult<Bytes>
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(ApiError::too_large(LIMIT));
    }
    let mut body = std::pin::pin!(body);
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(frame) = body.as_mut().frame().await {
        let frame =
            frame.map_err(|error| ApiError::bad_request(format!("read the request body: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.as_ref().map_or(0, Bytes::len) + rest.len() + data.len() > LIMIT {
            return Err(ApiError::too_large(LIMIT));
        }
        match (&first, rest.is_empty()) {
            (None, _) => first = Some(data),
            (Some(one), true) => {
                rest.extend_from_slice(one);
                rest.extend_from_slice(&data);
                first = Some(Bytes::new());
            }
            (Some(_), false) => rest.extend_from_slice(&data),
        }
    }
    let bytes = if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() };
    match headers.get(CONTENT_ENCODING).and_then(|v| v.to_str().ok()) {
        None | Some("" | "identity") => Ok(bytes),
        Some("gzip") => unpack(&bytes),
        Some(other) => Err(ApiError::unsupported_media_type(format!(
            "content encoding \"{other}\" is not supported: use gzip"
        ))),
    }
}

fn unpack(packed: &[u8]) -> ApiResult<Bytes> {
    let mut out = Vec::new();
    let read = GzDecoder::new(packed).take(LIMIT as u64 + 1).read_to_end(&mut out);
    read.map_err(|error| ApiError::bad_request(format!("unpack the request body: {error}")))?;
    if out.len() > LIMIT {
        return Err(ApiError::too_large(LIMIT));
    }
    Ok(out.into())
}

/// The media type of the body without its parameters, in lower case; empty when there is none.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// How the body of a POST, PUT or DELETE is written. Errors: 415.
pub(crate) fn encoding(headers: &HeaderMap) -> ApiResult<Encoding> {
    match media_type(headers).as_str() {
        "" | "application/json" => Ok(Encoding::Json),
        "application/yaml" => Ok(Encoding::Yaml),
        "application/vnd.kubernetes.protobuf" => Ok(Encoding::Protobuf),
        other => Err(ApiError::unsupported_media_type(format!(
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf (got {other})"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http_body_util::Full;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[tokio::test]
    async fn the_limit_holds_packed_or_not() {
        let plain = HeaderMap::new();
        let body = |bytes: Vec<u8>| Full::new(Bytes::from(bytes));
        assert_eq!(read(&plain, body(b"abc".to_vec())).await, Ok(Bytes::from_static(b"abc")));
        assert_eq!(read(&plain, body(vec![0; LIMIT + 1])).await.map_err(|e| e.code()), Err(413));
        let mut packed = HeaderMap::new();
        packed.insert(CONTENT_ENCODING, "gzip".parse().expect("a header"));
        assert_eq!(read(&packed, body(gzip(b"abc"))).await, Ok(Bytes::from_static(b"abc")));
        assert_eq!(read(&packed, body(gzip(&vec![0; LIMIT + 1]))).await.map_err(|e| e.code()), Err(413));
        assert_eq!(read(&packed, body(b"no gzip".to_vec())).await.map_err(|e| e.code()), Err(400));
    }

    #[tokio::test]
    async fn pieces_are_joined() {
        let pieces = ["a", "b", "c"]
            .map(|s| Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::from(s))));
        let body = http_body_util::StreamBody::new(futures::stream::iter(pieces));
        assert_eq!(read(&HeaderMap::new(), body).await, Ok(Bytes::from_static(b"abc")));
    }
}
