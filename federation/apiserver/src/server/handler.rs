//! The steps around every request, outermost first: audit id, panic, metrics, who, as whom, how many, may it,
//! how long.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response};

use super::assembly::Shared;
use super::limits::Place;
use super::paths;
use super::resources::{self, Asked};
use crate::authn::{Identity, impersonated};
use crate::authz::{Attributes, denied};
use crate::http::answer::{Answer, Content};
use crate::http::body::Body;
use crate::http::incoming;
use crate::http::query::Query;
use crate::http::request_info::{ResourcePath, path_verb, resource_path, resource_verb};
use crate::metrics::RequestLabels;
use crate::resource::Caller;
use crate::status::{ApiError, ApiResult};

const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

/// The other end of a connection.
#[derive(Clone, Default)]
pub(super) struct Peer {
    /// Of its client certificate.
    pub(super) identity: Option<Arc<Identity>>,
    /// Set for requests from inside the process: who they are counts as proven.
    pub(super) caller: Option<Arc<Caller>>,
}

/// Handles one request; never fails and never panics.
pub(super) async fn handle<B>(shared: Arc<Shared>, peer: Peer, request: Request<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let mut labels = None;
    let serving = serve(&shared, &peer, &parts, &query, body, &mut labels);
    let result = AssertUnwindSafe(serving).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(method = %parts.method, path = parts.uri.path(), "a handler panicked");
        Err(ApiError::internal("the handler of the request panicked; see the log of the server"))
    });
    let answer = result.unwrap_or_else(|error| Answer::error(&error));
    if let Some(labels) = labels {
        shared.core.metrics.finished(&labels, answer.code, began.elapsed().as_secs_f64());
    }
    let mut response = answer.into_response(&parts.headers);
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache, private"));
    headers.insert(AUDIT_ID, audit_id(&parts));
    response
}

/// The client's own audit id, or a fresh one.
fn audit_id(parts: &Parts) -> HeaderValue {
    if let Some(given) = parts.headers.get(AUDIT_ID).filter(|id| !id.is_empty() && id.len() <= 64) {
        return given.clone();
    }
    let id = uuid::Uuid::new_v4().to_string();
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("-"))
}

async fn serve<B>(
    shared: &Arc<Shared>,
    peer: &Peer,
    parts: &Parts,
    query: &Query,
    body: B,
    labels: &mut Option<RequestLabels>,
) -> ApiResult<Answer>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    let path = parts.uri.path();
    let caller = caller(shared, peer, parts).await?;
    let Some(resource) = resource_path(path) else {
        *labels = Some(path_labels(parts));
        if !paths::is_health(path) {
            authorize(shared, &caller, &Attributes::of_path(path_verb(&parts.method), path)).await?;
        }
        return paths::answer(shared, &parts.method, path, &parts.headers, query).await;
    };
    let verb = resource_verb(&parts.method, !resource.name.is_empty(), query)
        .ok_or_else(ApiError::method_not_allowed)?;
    *labels = Some(resource_labels(verb, &resource));
    let mutating = !matches!(verb, "get" | "list" | "watch");
    let core = &shared.core;
    let place = if verb == "watch" { None } else { Some(shared.limits.enter(mutating, &core.metrics)?) };
    authorize(shared, &caller, &attributes(verb, &resource, query)).await?;
    let work = async {
        let body = if mutating { incoming::read(&parts.headers, body).await? } else { Bytes::new() };
        let asked = Asked { caller: &caller, verb, path: &resource, headers: &parts.headers, query, body };
        resources::answer(shared, asked).await
    };
    if verb == "watch" {
        return work.await;
    }
    let answer = tokio::time::timeout(core.options.request_timeout, work).await.unwrap_or_else(|_| {
        const WHY: &str = "Timeout: request did not complete within the allotted timeout";
        Err(ApiError::timeout(WHY, 1))
    })?;
    Ok(holding(answer, place))
}

/// Who asks, after impersonation.
async fn caller(shared: &Shared, peer: &Peer, parts: &Parts) -> ApiResult<Arc<Caller>> {
    let now = shared.core.now();
    let path = parts.uri.path();
    let caller = match &peer.caller {
        Some(caller) => caller.clone(),
        None => {
            let authenticate =
                || shared.authenticator.authenticate(peer.identity.as_deref(), &parts.headers, path, now);
            match authenticate() {
                // The proof may be newer than the cache: a token that was made a moment ago is good.
                Err(_) if parts.headers.contains_key(http::header::AUTHORIZATION) => {
                    shared.core.newest().await?;
                    authenticate()?
                }
                outcome => outcome?,
            }
        }
    };
    let other = impersonated(&caller, &parts.headers, &shared.authorizer)?;
    Ok(other.map_or(caller, Arc::new))
}

/// A refusal is only spoken once the newest rights are known: a right that was given a moment ago counts.
async fn authorize(shared: &Shared, caller: &Caller, asked: &Attributes<'_>) -> ApiResult<()> {
    if shared.authorizer.authorize(caller, asked).allowed {
        return Ok(());
    }
    shared.core.newest().await?;
    let decision = shared.authorizer.authorize(caller, asked);
    if decision.allowed { Ok(()) } else { Err(denied(caller, asked, &decision.reason)) }
}

fn attributes<'a>(verb: &'a str, path: &'a ResourcePath<'a>, query: &'a Query) -> Attributes<'a> {
    // A namespace lies in itself, so that a role in it can be about it.
    let own = path.group.is_empty() && path.plural == "namespaces";
    Attributes {
        verb,
        group: &path.group,
        version: &path.version,
        resource: &path.plural,
        subresource: &path.subresource,
        name: if path.name.is_empty() { one_name(verb, query) } else { &path.name },
        namespace: if own { &path.name } else { &path.namespace },
        path: "",
    }
}

/// The one object that a field selector asks for: a right to that object by name is a right to list and watch it
/// alone (upstream: `RequestInfo.Name`).
fn one_name<'a>(verb: &str, query: &'a Query) -> &'a str {
    // A create or a deletion of many is about no one object, whatever its query says.
    if !matches!(verb, "list" | "watch") {
        return "";
    }
    let selector = query.get("fieldSelector").unwrap_or_default();
    let name = selector.strip_prefix("metadata.name=").map(|name| name.trim_start_matches('='));
    name.filter(|name| !name.is_empty() && !name.contains([',', '=', '!', '\\'])).unwrap_or_default()
}

/// An answer in pieces keeps its place until the last one is sent.
fn holding(mut answer: Answer, place: Option<Place>) -> Answer {
    if let Content::Pieces(pieces) = answer.content {
        let held = pieces.map(move |piece| {
            let _held = &place;
            piece
        });
        answer.content = Content::Pieces(held.boxed());
    }
    answer
}

fn path_labels(parts: &Parts) -> RequestLabels {
    RequestLabels {
        verb: match path_verb(&parts.method) {
            "get" => "GET",
            "head" => "HEAD",
            _ => "OTHER",
        },
        group: String::new(),
        version: String::new(),
        resource: String::new(),
        subresource: String::new(),
        scope: "",
    }
}

fn resource_labels(verb: &'static str, path: &ResourcePath<'_>) -> RequestLabels {
    RequestLabels {
        verb: match verb {
            "get" => "GET",
            "list" => "LIST",
            "watch" => "WATCH",
            "create" => "POST",
            "update" => "PUT",
            "patch" => "PATCH",
            "delete" => "DELETE",
            _ => "DELETECOLLECTION",
        },
        group: path.group.clone().into_owned(),
        version: path.version.clone().into_owned(),
        resource: path.plural.clone().into_owned(),
        subresource: path.subresource.clone().into_owned(),
        scope: match (path.name.is_empty(), path.namespace.is_empty()) {
            (false, _) => "resource",
            (true, false) => "namespace",
            (true, true) => "cluster",
        },
    }
}
