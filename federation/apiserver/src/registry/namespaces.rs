//! Namespaces as other writes see them: nothing is created in one that is absent or going away.

use bytes::Bytes;
use serde_json::{Value, json};

use super::meta;
use super::request::Write;
use crate::cache::keys;
use crate::status::{ApiError, ApiResult, Cause};

/// Namespaces that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// The version of the namespace that a create was checked against: the create holds only while it is that one.
#[derive(Clone)]
pub(super) struct Guard {
    /// Key of the namespace in the store.
    pub(super) key: Bytes,
    /// Its version.
    pub(super) revision: u64,
}

/// Checks the namespace of a create; `None` for kinds without one. Errors: 404 when it is absent, 403 when it is
/// terminating.
pub(super) async fn may_create(write: &Write, name: &str) -> ApiResult<Option<Guard>> {
    let resource = &write.kind.resource;
    if !resource.namespaced || !write.core.options.namespaces {
        return Ok(None);
    }
    let Some(namespaces) = write.core.kind("", "v1", "namespaces") else { return Ok(None) };
    let namespace = &write.namespace;
    let mut found = namespaces.cache.get(namespace);
    if found.as_ref().is_none_or(|entry| entry.deleting) {
        // The cache may be a moment behind.
        write.core.newest().await?;
        found = namespaces.cache.get(namespace);
    }
    let entry = found.ok_or_else(|| ApiError::not_found("", "namespaces", namespace))?;
    if !entry.deleting {
        let key = keys::key(&namespaces.stored, "", namespace);
        return Ok(Some(Guard { key, revision: entry.revision }));
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut error = ApiError::forbidden(&resource.group, &resource.plural, name, &why);
    if let Some(details) = &mut error.0.details {
        details.causes.push(Cause {
            reason: "NamespaceTerminating".into(),
            message: format!("namespace {namespace} is being terminated"),
            field: "metadata.namespace".into(),
        });
    }
    Err(error)
}

fn is_namespace(write: &Write) -> bool {
    write.kind.stored.group.is_empty() && write.kind.stored.plural == "namespaces"
}

/// Checks a delete. Errors: 403 for the namespaces that always are.
pub(super) fn may_delete(write: &Write) -> ApiResult<()> {
    if is_namespace(write) && IMMORTAL.contains(&write.name.as_str()) {
        return Err(ApiError::forbidden("", "namespaces", &write.name, "this namespace may not be deleted"));
    }
    Ok(())
}

/// Marks a namespace as terminating when it starts to be deleted.
pub(super) fn terminate(write: &Write, object: &mut Value) {
    if is_namespace(write) && meta::deleting(object) {
        object["status"] = json!({ "phase": "Terminating" });
    }
}
