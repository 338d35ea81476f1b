//! Paths that are not about objects: discovery, OpenAPI, health, version, metrics.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use http::{HeaderMap, Method};
use serde_json::json;

use super::assembly::Shared;
use super::{health, version};
use crate::discovery::{AGGREGATED, Document};
use crate::http::answer::{Answer, Content};
use crate::http::negotiate::{alternatives, plain};
use crate::http::query::Query;
use crate::openapi::version2;
use crate::status::{ApiError, ApiResult};

/// Whether the path can be asked without a proof of who one is.
pub(super) fn is_health(path: &str) -> bool {
    matches!(path.trim_matches('/').split('/').next(), Some("livez" | "readyz" | "healthz"))
}

/// Answers. Errors: 404 for a path that nothing serves, 405 for methods other than GET and HEAD.
pub(super) async fn answer(
    shared: &Shared,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    query: &Query,
) -> ApiResult<Answer> {
    let path = path.trim_matches('/');
    let known = matches!(
        path.split('/').next(),
        Some("" | "api" | "apis" | "openapi" | "version" | "metrics" | "livez" | "readyz" | "healthz")
    );
    if !known {
        return Err(ApiError::no_route());
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(ApiError::method_not_allowed());
    }
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [""] => document(headers, serde_json::to_vec(&json!({ "paths": roots(shared) })).unwrap_or_default()),
        ["api"] => discovery(headers, |aggregated| Some(shared.discovery.api(aggregated))),
        ["apis"] => discovery(headers, |aggregated| Some(shared.discovery.apis(aggregated))),
        ["apis", group] => legacy(headers, shared.discovery.group(group)),
        ["api", version] => legacy(headers, shared.discovery.version("", version)),
        ["apis", group, version] => legacy(headers, shared.discovery.version(group, version)),
        ["openapi", "v2"] => openapi_v2(headers),
        ["openapi", "v3"] => legacy(headers, Some(shared.openapi.index())),
        ["openapi", "v3", ..] => openapi(shared, headers, path.trim_start_matches("openapi/v3/")),
        ["version"] => {
            let body = serde_json::to_vec(&version::document(&shared.core.options.build)).unwrap_or_default();
            document(headers, body)
        }
        ["metrics"] => Ok(metrics(shared)),
        ["livez" | "readyz" | "healthz", ..] => health::answer(shared, path, query).await,
        _ => Err(ApiError::no_route()),
    }
}

fn roots(shared: &Shared) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/api",
        "/apis",
        "/healthz",
        "/livez",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ]
    .map(str::to_owned)
    .to_vec();
    for resource in &shared.core.resources {
        paths.push(match resource.group.as_str() {
            "" => format!("/api/{}", resource.version),
            group => format!("/apis/{group}/{}", resource.version),
        });
    }
    paths.sort();
    paths.dedup();
    paths
}

fn document(headers: &HeaderMap, json: Vec<u8>) -> ApiResult<Answer> {
    Answer::document(200, plain(headers)?, json.into())
}

/// A document that comes in the aggregated form when the client accepts that first.
fn discovery<'a>(headers: &HeaderMap, of: impl Fn(bool) -> Option<&'a Document>) -> ApiResult<Answer> {
    let aggregated = alternatives(headers).into_iter().find_map(|accepted| {
        match (accepted.media, accepted.parameter("as")) {
            ("application/json", Some("APIGroupDiscoveryList")) => (accepted.parameter("g")
                == Some("apidiscovery.k8s.io")
                && accepted.parameter("v") == Some("v2"))
            .then_some(true),
            ("application/json" | "application/yaml" | "*/*" | "application/*", None) => Some(false),
            _ => None,
        }
    });
    if aggregated != Some(true) {
        let mut answer = legacy(headers, of(false))?;
        answer.headers.push((VARY, HeaderValue::from_static("Accept")));
        return Ok(answer);
    }
    let found = of(true).ok_or_else(ApiError::no_route)?;
    let mut answer = tagged(headers, &found.etag, Answer::whole(200, AGGREGATED, found.body.clone()));
    answer.headers.push((VARY, HeaderValue::from_static("Accept")));
    Ok(answer)
}

fn legacy(headers: &HeaderMap, found: Option<&Document>) -> ApiResult<Answer> {
    let found = found.ok_or_else(ApiError::no_route)?;
    Ok(tagged(headers, &found.etag, Answer::document(200, plain(headers)?, found.body.clone())?))
}

fn openapi(shared: &Shared, headers: &HeaderMap, path: &str) -> ApiResult<Answer> {
    let etag = shared.openapi.etag(path).ok_or_else(ApiError::no_route)?;
    if matches_tag(headers, etag) {
        return Ok(tagged(headers, etag, Answer::whole(200, "application/json", "")));
    }
    let rendered = shared.openapi.document(path).ok_or_else(ApiError::no_route)??;
    let packs = headers
        .get(http::header::ACCEPT_ENCODING)
        .is_some_and(|v| v.as_bytes().windows(4).any(|w| w == b"gzip"));
    let mut answer = if packs {
        let mut answer = Answer::whole(200, "application/json", rendered.gzip);
        answer.headers.push((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        answer
    } else {
        Answer::whole(200, "application/json", rendered.plain()?)
    };
    answer.headers.push((VARY, HeaderValue::from_static("Accept-Encoding")));
    Ok(tagged(headers, &rendered.etag, answer))
}

fn openapi_v2(headers: &HeaderMap) -> ApiResult<Answer> {
    if alternatives(headers)
        .first()
        .is_some_and(|accepted| [version2::ASKED, version2::PROTOBUF].contains(&accepted.media))
    {
        return Ok(Answer::whole(200, version2::PROTOBUF, version2::protobuf()));
    }
    document(headers, version2::json())
}

fn matches_tag(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|t| t.trim() == etag))
}

/// The answer with its tag; 304 without a body when the client has it already. Its other headers stay: client
/// caches take them over.
fn tagged(headers: &HeaderMap, etag: &str, mut answer: Answer) -> Answer {
    if matches_tag(headers, etag) {
        answer.code = 304;
        answer.content = Content::Whole(Bytes::new());
    }
    if let Ok(value) = HeaderValue::from_str(etag) {
        answer.headers.push((ETAG, value));
    }
    answer
}

fn metrics(shared: &Shared) -> Answer {
    for kind in shared.core.all_kinds().filter(|kind| kind.view.is_none() && kind.resource.verbs.read) {
        shared.core.metrics.stored(&kind.resource, kind.cache.len());
    }
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Answer::whole(200, TYPE, shared.core.metrics.render())
}
