//! What every server has from its first start: four namespaces, and the default roles and bindings.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::assembly::StartError;
use super::core::Core;
use crate::authz::authorizer::MASTERS;
use crate::authz::defaults;
use crate::cache::keys;
use crate::http::incoming::Encoding;
use crate::http::query::Query;
use crate::read::kind::Kind;
use crate::registry::request::Write;
use crate::registry::{create, update};
use crate::resource::{Caller, Endpoint};
use crate::status::{ApiError, ApiResult};

const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Creates what is missing; roles get the rules that they lack. Kinds that are not served are left out.
pub(super) async fn run(core: &Arc<Core>) -> Result<(), StartError> {
    core.newest()
        .await
        .map_err(|source| StartError::Bootstrap { what: "the newest state".to_owned(), source })?;
    let namespaces = NAMESPACES
        .iter()
        .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    for wanted in namespaces.chain(defaults::objects()) {
        let (kind, name) = (&wanted["kind"], &wanted["metadata"]["name"]);
        let what = format!("{} {}", kind.as_str().unwrap_or_default(), name.as_str().unwrap_or_default());
        ensure(core, &wanted).await.map_err(|source| StartError::Bootstrap { what, source })?;
    }
    Ok(())
}

async fn ensure(core: &Arc<Core>, wanted: &Value) -> ApiResult<()> {
    let text = |pointer: &str| wanted.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (api_version, name, wanted_kind) = (text("/apiVersion"), text("/metadata/name"), text("/kind"));
    let served = core.all_kinds().find(|k| k.resource.kind == wanted_kind && k.api_version() == api_version);
    let Some(kind) = served.cloned() else { return Ok(()) };
    let namespace = text("/metadata/namespace");
    let Some(entry) = kind.cache.get(&keys::local(namespace, name)) else {
        let mut write = write(core, &kind, namespace, "")?;
        return match create(&mut write, Encoding::Json, &bytes(wanted)).await {
            Err(error) if error.reason() == "AlreadyExists" => Ok(()),
            other => other.map(drop),
        };
    };
    let existing: Value = serde_json::from_slice(entry.stored()).map_err(ApiError::internal)?;
    let Some(better) =
        (wanted_kind != "Namespace").then(|| defaults::reconciled(wanted, &existing)).flatten()
    else {
        return Ok(());
    };
    let mut write = write(core, &kind, namespace, name)?;
    update(&mut write, Encoding::Json, &bytes(&better)).await.map(drop)
}

fn write(core: &Arc<Core>, kind: &Arc<Kind>, namespace: &str, name: &str) -> ApiResult<Write> {
    let caller =
        Caller { name: "system:apiserver".into(), groups: vec![MASTERS.into()], ..Caller::default() };
    Write::new(core, kind, (namespace, name), Endpoint::Main, &caller, (&HeaderMap::new(), &Query::default()))
}

fn bytes(object: &Value) -> Bytes {
    Bytes::from(object.to_string())
}
