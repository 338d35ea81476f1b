//! POST of a Binding to a pod: how a scheduler places it.

use serde_json::{Value, json};

use super::modify::{Managed, modify};
use super::request::{Reply, Write, Written};
use crate::status::{ApiError, ApiResult};

/// Whether a POST to `subresource` of this kind is a binding.
pub(super) fn is_binding(write: &Write, subresource: &str) -> bool {
    let resource = &write.kind.resource;
    subresource == "binding" && resource.group.is_empty() && resource.plural == "pods"
}

/// Places the pod of the path on the node that `binding` names. Errors: 400 for another target, 409 for a pod
/// that is placed already.
pub(super) async fn bind(write: &Write, binding: &Value) -> ApiResult<Written> {
    let text = |pointer: &str| binding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let node = text("/target/name");
    if node.is_empty() || !matches!(text("/target/kind"), "" | "Node") {
        return Err(ApiError::bad_request("target: a Binding names a Node by its kind and name"));
    }
    let place = |live: &Value| {
        let now = live.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default();
        if !now.is_empty() {
            let why = format!("pod {} is already assigned to node \"{now}\"", write.name);
            return Err(ApiError::conflict("", "pods/binding", &write.name, &why));
        }
        let mut new = live.clone();
        new["spec"]["nodeName"] = node.into();
        Ok((new, Vec::new()))
    };
    let written = modify(write, Managed::Record, &place).await?;
    let success =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Ok(Written { code: 201, reply: Reply::Document(success), warnings: written.warnings })
}
