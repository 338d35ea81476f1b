//! `get --watch`: the rows or objects that there are, then those that change.

use futures::TryStreamExt;
use kube::core::WatchEvent;
use serde_json::Value;

use super::server_table::{self, ACCEPT, Table};
use super::{Query, data as objects};
use crate::args::Output;
use crate::failure::{Attempt, Failure};
use crate::hub::Hub;
use crate::screen::note;
use crate::session::Session;
use crate::show;

/// Rows as they come, under one header.
pub(super) async fn table(session: &mut Session, hub: &Hub, query: &Query) -> Result<(), Failure> {
    let wide = session.output == Output::Wide;
    let one = Query { name: None, field_selector: only(query), ..copy(query) };
    let mut widths: Option<Vec<usize>> = None;
    let mut first = server_table::fetch(hub, &one).await?;
    first.prepare(query, false);
    let mut version = first.metadata.resource_version.clone();
    let mut columns = first.column_definitions.clone();
    if !first.rows.is_empty() {
        let text = first.text(wide);
        widths = Some(text.widths());
        show::lines(&mut session.screen, &text.lines())?;
    }
    loop {
        let mut events = std::pin::pin!(open::<Table>(hub, &one, ACCEPT, &version).await?);
        while let Some(event) = events.try_next().await.attempt(|| query.attempt())? {
            let mut rows = match event {
                WatchEvent::Added(rows) | WatchEvent::Modified(rows) | WatchEvent::Deleted(rows) => rows,
                WatchEvent::Bookmark(mark) => {
                    version = mark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(status) => {
                    return Err(kube::Error::Api(status)).attempt(|| query.attempt());
                }
            };
            if let Some(last) = rows.rows.iter().filter_map(|row| version_of(&row.object)).next_back() {
                version = last;
            }
            if rows.column_definitions.is_empty() {
                // The definitions come with the first event only.
                rows.column_definitions.clone_from(&columns);
            }
            rows.prepare(query, false);
            columns.clone_from(&rows.column_definitions);
            let text = rows.text(wide);
            let is_first = widths.is_none();
            let set = widths.get_or_insert_with(|| text.widths());
            let lines = text.lines_with(set);
            show::lines(
                &mut session.screen,
                if is_first { &lines } else { lines.get(1..).unwrap_or_default() },
            )?;
        }
    }
}

/// Objects as they come.
pub(super) async fn data(session: &mut Session, hub: &Hub, query: &Query) -> Result<(), Failure> {
    let one = Query { name: None, field_selector: only(query), ..copy(query) };
    let list = hub.read(&one.path(&[], false), "application/json", &query.attempt()).await?;
    let mut version = version_of(&list).unwrap_or_default();
    for item in list.get("items").and_then(Value::as_array).into_iter().flatten() {
        print(session, query, item.clone())?;
    }
    loop {
        let mut events = std::pin::pin!(open::<Value>(hub, &one, "application/json", &version).await?);
        while let Some(event) = events.try_next().await.attempt(|| query.attempt())? {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => {
                    version = version_of(&object).unwrap_or(version);
                    print(session, query, object)?;
                }
                WatchEvent::Bookmark(mark) => version = mark.metadata.resource_version,
                WatchEvent::Error(status) => {
                    return Err(kube::Error::Api(status)).attempt(|| query.attempt());
                }
            }
        }
        note("the hub ended the watch; it goes on");
    }
}

fn print(session: &mut Session, query: &Query, mut object: Value) -> Result<(), Failure> {
    objects::complete(&mut object, query);
    match session.output {
        Output::Name => {
            let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            Ok(session.screen.line(query.kind.name_of(name))?)
        }
        Output::Yaml => {
            session.screen.line("---")?;
            show::data(&mut session.screen, Output::Yaml, &object)
        }
        output => show::data(&mut session.screen, output, &object),
    }
}

async fn open<T>(
    hub: &Hub,
    query: &Query,
    accept: &str,
    version: &str,
) -> Result<impl futures::Stream<Item = Result<WatchEvent<T>, kube::Error>> + use<T>, Failure>
where
    T: Clone + serde::de::DeserializeOwned,
{
    let parameters = [("watch", "1"), ("resourceVersion", version)];
    let request = http::Request::get(query.path(&parameters, true)).header(http::header::ACCEPT, accept);
    let request = request.body(Vec::new()).map_err(kube::Error::HttpError).attempt(|| query.attempt())?;
    hub.client.request_events::<T>(request).await.attempt(|| query.attempt())
}

fn version_of(object: &Value) -> Option<String> {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).map(str::to_owned)
}

/// One object as a selector.
fn only(query: &Query) -> Option<String> {
    match &query.name {
        Some(name) => Some(format!("metadata.name={name}")),
        None => query.field_selector.clone(),
    }
}

fn copy(query: &Query) -> Query {
    Query {
        kind: query.kind.clone(),
        namespace: query.namespace.clone(),
        name: query.name.clone(),
        selector: query.selector.clone(),
        field_selector: query.field_selector.clone(),
    }
}
