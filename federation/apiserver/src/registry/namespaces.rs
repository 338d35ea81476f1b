//! Namespaces as other writes see them: nothing is created in one that is absent or going away.

use serde_json::{Value, json};

use super::meta;
use super::request::Write;
use crate::status::{ApiError, ApiResult, Cause};

/// Namespaces that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Checks the namespace of a create. Errors: 404 when it is absent, 403 when it is terminating.
pub(super) async fn may_create(write: &Write, name: &str) -> ApiResult<()> {
    let resource = &write.kind.resource;
    if !resource.namespaced || !write.core.options.namespaces {
        return Ok(());
    }
    let Some(namespaces) = write.core.kind("", "v1", "namespaces") else { return Ok(()) };
    let namespace = &write.namespace;
    let mut found = namespaces.cache.get(namespace);
    if found.is_none() {
        // The cache may be a moment behind the create of the namespace.
        write.core.newest().await?;
        found = namespaces.cache.get(namespace);
    }
    let entry = found.ok_or_else(|| ApiError::not_found("", "namespaces", namespace))?;
    if !entry.deleting {
        return Ok(());
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
