//! Requests about objects: from the verb and the subresource to the read or write that answers.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::assembly::Shared;
use crate::http::answer::Answer;
use crate::http::incoming::{encoding, media_type};
use crate::http::negotiate::{Accepted, Media, objects, plain};
use crate::http::query::Query;
use crate::http::request_info::ResourcePath;
use crate::read::kind::Kind;
use crate::read::list_body::{ListBody, Source};
use crate::read::options::ListOptions;
use crate::read::selector::Selector;
use crate::read::{get, list};
use crate::registry::request::{Reply, Write, Written, dry_run};
use crate::registry::{self, DeleteOptions};
use crate::resource::{Caller, Endpoint, ExtraSubresource, Resource};
use crate::status::{ApiError, ApiResult};
use crate::watch;

/// A request about objects, authorized.
pub(super) struct Asked<'a> {
    /// Who asks.
    pub(super) caller: &'a Caller,
    /// `get`, `list`, …
    pub(super) verb: &'static str,
    /// Where.
    pub(super) path: &'a ResourcePath<'a>,
    /// Headers.
    pub(super) headers: &'a HeaderMap,
    /// Query.
    pub(super) query: &'a Query,
    /// The body; empty for reads.
    pub(super) body: Bytes,
}

/// Answers. Errors: 404 for what is not served, 405 for verbs that are not.
pub(super) async fn answer(shared: &Arc<Shared>, asked: Asked<'_>) -> ApiResult<Answer> {
    let path = asked.path;
    let kind =
        shared.core.kind(&path.group, &path.version, &path.plural).ok_or_else(ApiError::no_route)?.clone();
    let resource = kind.resource.clone();
    if !path.namespace.is_empty() && !resource.namespaced {
        return Err(ApiError::no_route());
    }
    let endpoint = endpoint(&resource, path)?;
    allowed(&resource, &endpoint, &asked)?;
    match asked.verb {
        "get" => read_one(shared, &kind, &endpoint, &asked).await,
        "list" => read_many(shared, &kind, &asked, false).await,
        "watch" => read_many(shared, &kind, &asked, true).await,
        "deletecollection" => delete_many(shared, &kind, &asked).await,
        _ => write_one(shared, &kind, endpoint, &asked).await,
    }
}

fn endpoint(resource: &Resource, path: &ResourcePath<'_>) -> ApiResult<Endpoint> {
    match &*path.subresource {
        "" => Ok(Endpoint::Main),
        "status" if resource.subresources.status => Ok(Endpoint::Status),
        "scale" if resource.subresources.scale.is_some() => Ok(Endpoint::Scale),
        other if extra(resource, other).is_some() => Ok(Endpoint::Other(other.to_owned())),
        _ => Err(ApiError::no_route()),
    }
}

fn extra<'a>(resource: &'a Resource, name: &str) -> Option<&'a ExtraSubresource> {
    resource.subresources.others.iter().find(|extra| extra.name == name)
}

/// Errors: 405 for a verb that the kind or the subresource does not serve.
fn allowed(resource: &Resource, endpoint: &Endpoint, asked: &Asked<'_>) -> ApiResult<()> {
    let verbs = resource.verbs;
    let good = match endpoint {
        Endpoint::Main => match asked.verb {
            "get" | "list" | "watch" => verbs.read,
            "create" => verbs.create && asked.path.name.is_empty(),
            "update" | "patch" => verbs.update && !asked.path.name.is_empty(),
            _ => verbs.delete,
        },
        Endpoint::Status | Endpoint::Scale => matches!(asked.verb, "get" | "update" | "patch"),
        Endpoint::Other(name) => match (extra(resource, name), asked.verb) {
            (Some(extra), "create") => extra.posted.is_some(),
            (Some(extra), "patch") => extra.posted.is_none() && extra.patch,
            (Some(extra), "get" | "update") => extra.posted.is_none(),
            _ => false,
        },
    };
    // Only lists and watches go over all namespaces.
    let scoped = !resource.namespaced
        || !asked.path.namespace.is_empty()
        || matches!(asked.verb, "list" | "watch")
        || !verbs.read && asked.verb == "create";
    if good && scoped { Ok(()) } else { Err(ApiError::method_not_allowed()) }
}

async fn read_one(
    shared: &Shared,
    kind: &Arc<Kind>,
    endpoint: &Endpoint,
    asked: &Asked<'_>,
) -> ApiResult<Answer> {
    let core = &shared.core;
    if *endpoint == Endpoint::Scale {
        let media = plain(asked.headers)?;
        let entry = get::find(core, kind, &asked.path.namespace, &asked.path.name, asked.query).await?;
        let object: Value =
            serde_json::from_slice(&entry.to_bytes(entry.revision)).map_err(ApiError::internal)?;
        return document(200, media, &registry::get_scale(&kind.resource, &object)?);
    }
    let accepted = objects(asked.headers, asked.query, false)?;
    let entry = get::find(core, kind, &asked.path.namespace, &asked.path.name, asked.query).await?;
    get::answer(core, kind, &entry, entry.revision, accepted, 200)
}

async fn read_many(
    shared: &Arc<Shared>,
    kind: &Arc<Kind>,
    asked: &Asked<'_>,
    watches: bool,
) -> ApiResult<Answer> {
    let accepted = objects(asked.headers, asked.query, watches)?;
    let selector = selector(kind, asked)?;
    let options = ListOptions::parse(asked.query, watches)?;
    if watches {
        return watch::start::watch(&shared.core, kind, selector, &options, accepted.form).await;
    }
    list::list(&shared.core, kind, selector, &options, accepted).await
}

/// The selectors of the query; a watch of one object by its path selects it by name.
fn selector(kind: &Kind, asked: &Asked<'_>) -> ApiResult<Selector> {
    let text = |name: &str| asked.query.get(name).unwrap_or_default();
    let mut fields = text("fieldSelector").to_owned();
    if !asked.path.name.is_empty() {
        if !fields.is_empty() {
            fields.push(',');
        }
        fields.push_str("metadata.name=");
        fields.push_str(&asked.path.name);
    }
    Selector::parse(&kind.resource, &asked.path.namespace, text("labelSelector"), &fields)
}

async fn delete_many(shared: &Arc<Shared>, kind: &Arc<Kind>, asked: &Asked<'_>) -> ApiResult<Answer> {
    let accepted = objects(asked.headers, asked.query, false)?;
    let selector = selector(kind, asked)?;
    let list = ListOptions::parse(asked.query, false)?;
    let options = DeleteOptions::read(encoding(asked.headers)?, &asked.body, asked.query)?;
    let core = &shared.core;
    let (revision, items) =
        registry::delete_collection(core, kind, asked.caller, &selector, &list, &options).await?;
    let metadata = format!("{{\"resourceVersion\":\"{revision}\"}}");
    let head = kind.writer(accepted.form, core.now()).list_start(&metadata);
    let body = ListBody::new(kind.clone(), accepted.form, core.now(), head, Source::Page(items.into_iter()));
    match accepted.media {
        Media::Json => Ok(body.answer()),
        Media::Yaml => Answer::document(200, Media::Yaml, body.whole()),
    }
}

async fn write_one(
    shared: &Arc<Shared>,
    kind: &Arc<Kind>,
    endpoint: Endpoint,
    asked: &Asked<'_>,
) -> ApiResult<Answer> {
    let accepted = objects(asked.headers, asked.query, false)?;
    let target = (&*asked.path.namespace, &*asked.path.name);
    let mut write =
        Write::new(&shared.core, kind, target, endpoint, asked.caller, (asked.headers, asked.query))?;
    let written = match asked.verb {
        "create" if !asked.path.subresource.is_empty() => {
            registry::post(&mut write, &asked.path.subresource, encoding(asked.headers)?, &asked.body).await?
        }
        "create" => registry::create(&mut write, encoding(asked.headers)?, &asked.body).await?,
        "update" => registry::update(&mut write, encoding(asked.headers)?, &asked.body).await?,
        "patch" => registry::patch(&mut write, &media_type(asked.headers), &asked.body).await?,
        _ => {
            let options = DeleteOptions::read(encoding(asked.headers)?, &asked.body, asked.query)?;
            write.dry_run = options.is_dry_run() || dry_run(asked.query)?;
            registry::delete(&write, &options).await?
        }
    };
    reply(shared, kind, &asked.path.namespace, written, accepted)
}

fn reply(
    shared: &Shared,
    kind: &Kind,
    namespace: &str,
    written: Written,
    accepted: Accepted,
) -> ApiResult<Answer> {
    let mut answer = match written.reply {
        Reply::Document(value) => document(written.code, accepted.media, &value)?,
        Reply::Object { name, value, revision } => {
            let entry = kind.entry(&crate::cache::keys::local(namespace, &name), value, revision)?;
            get::answer(&shared.core, kind, &entry, revision, accepted, written.code)?
        }
    };
    answer.warnings = written.warnings;
    Ok(answer)
}

fn document(code: u16, media: Media, value: &Value) -> ApiResult<Answer> {
    Answer::document(code, media, serde_json::to_vec(value).map_err(ApiError::internal)?.into())
}
