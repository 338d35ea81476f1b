//! `get` for programs: the objects themselves.

use serde_json::Value;

use super::Query;
use crate::args::Output;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::session::Session;
use crate::show;

/// Prints objects: one as it is, several as a `List`, or their names.
pub(super) async fn print(
    session: &mut Session,
    hub: &Hub,
    queries: &[Query],
    as_list: bool,
) -> Result<(), Failure> {
    let mut objects: Vec<(Value, String)> = Vec::new();
    for query in queries {
        for object in fetch(hub, query).await? {
            let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let name = query.kind.name_of(name);
            objects.push((object, name));
        }
    }
    if session.output == Output::Name {
        return show::lines(
            &mut session.screen,
            &objects.into_iter().map(|(_, name)| name).collect::<Vec<_>>(),
        );
    }
    let mut objects: Vec<Value> = objects.into_iter().map(|(object, _)| object).collect();
    let value = match objects.len() {
        1 if !as_list => objects.remove(0),
        _ => show::list_of(objects),
    };
    show::data(&mut session.screen, session.output, &value)
}

/// The objects of a query, each with its kind.
pub(crate) async fn fetch(hub: &Hub, query: &Query) -> Result<Vec<Value>, Failure> {
    let answer = hub.read(&query.path(&[], false), "application/json", &query.attempt()).await?;
    let mut objects = match (&query.name, answer) {
        (Some(_), object) => vec![object],
        (None, mut list) => match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        },
    };
    objects.iter_mut().for_each(|object| complete(object, query));
    Ok(objects)
}

/// Adds the kind, which items of a list leave out, and drops the managed fields, as kubectl does.
pub(super) fn complete(object: &mut Value, query: &Query) {
    let Value::Object(fields) = object else { return };
    fields.insert("apiVersion".into(), query.kind.api_version().into());
    fields.insert("kind".into(), query.kind.kind.clone().into());
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        metadata.remove("managedFields");
    }
}
