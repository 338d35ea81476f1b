//! POST of an Eviction to a pod: a delete that a PodDisruptionBudget may refuse
//! (`pkg/registry/core/pod/storage/eviction.go`).

use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Value, json};

use super::delete::delete;
use super::delete_options::DeleteOptions;
use super::meta;
use super::modify::{Managed, modify};
use super::request::{Reply, Write, Written};
use super::scale::selector_text;
use crate::cache::feed::{namespace_bounds, walk};
use crate::read::kind::Kind;
use crate::read::selector::LabelSelector;
use crate::resource::{Endpoint, WriteContext};
use crate::status::{ApiError, ApiResult, Cause};

/// Seconds after which a refused client may try again.
const RETRY_SECONDS: u32 = 10;

/// Whether a POST to `subresource` of this kind is an eviction.
pub(super) fn is_eviction(write: &Write, subresource: &str) -> bool {
    let resource = &write.kind.resource;
    subresource == "eviction" && resource.group.is_empty() && resource.plural == "pods"
}

/// Evicts the pod of the path. Errors: 404, 429 when the budget does not allow it now.
pub(super) async fn evict(write: &mut Write, eviction: &Value) -> ApiResult<Written> {
    let options =
        DeleteOptions::from_value(eviction.get("deleteOptions").cloned().unwrap_or_else(|| json!({})))?;
    write.dry_run |= options.is_dry_run();
    let stored = write.core.current(&write.kind, &write.namespace, &write.name).await?;
    let stored = stored.ok_or_else(|| write.not_found())?;
    let pod: Value = serde_json::from_slice(&stored.value).map_err(ApiError::internal)?;
    if counts(&pod) {
        match budgets(write, &pod).await?.as_slice() {
            [] => {}
            [(kind, name)] => spend(write, kind, name).await?,
            _ => {
                const WHY: &str = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
                return Err(ApiError::internal(WHY));
            }
        }
    }
    delete(write, &options).await?;
    let success =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Ok(Written { code: 201, reply: Reply::Document(success), warnings: Vec::new() })
}

/// Whether the pod counts for a budget: it is neither at its beginning nor at its end.
fn counts(pod: &Value) -> bool {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    !meta::deleting(pod) && !matches!(phase, "Pending" | "Succeeded" | "Failed")
}

/// The budgets that select the pod.
async fn budgets(write: &Write, pod: &Value) -> ApiResult<Vec<(Arc<Kind>, String)>> {
    let Some(kind) = write.core.kind("policy", "v1", "poddisruptionbudgets") else { return Ok(Vec::new()) };
    let snapshot = kind.cache.snapshot(write.core.newest().await?);
    let (low, high) = namespace_bounds(&write.namespace);
    let labels = meta::meta(pod).get("labels").and_then(Value::as_object);
    let label = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
    let mut found = Vec::new();
    for entry in walk(&snapshot.objects, Bound::Included(&low), Bound::Excluded(&high)) {
        let budget: Value = serde_json::from_slice(entry.stored()).map_err(ApiError::internal)?;
        let Some(selector) = budget.pointer("/spec/selector") else { continue };
        let selector = LabelSelector::parse(&selector_text(selector)).map_err(ApiError::internal)?;
        if selector.matches(label) {
            found.push((kind.clone(), entry.name().to_owned()));
        }
    }
    Ok(found)
}

/// Takes one disruption from the budget. Errors: 429 when there is none.
async fn spend(write: &Write, kind: &Arc<Kind>, name: &str) -> ApiResult<()> {
    let budget = Write {
        core: write.core.clone(),
        kind: kind.clone(),
        namespace: write.namespace.clone(),
        name: name.to_owned(),
        ctx: WriteContext { endpoint: Endpoint::Status, ..write.ctx.clone() },
        now: write.now,
        dry_run: write.dry_run,
        field_validation: String::new(),
        manager: write.manager.clone(),
        manager_named: write.manager_named,
        force: false,
    };
    let change = |live: &Value| {
        let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
        let allowed = number("/status/disruptionsAllowed");
        if allowed <= 0 || number("/status/observedGeneration") < meta::generation(live) {
            let (needs, has) = (number("/status/desiredHealthy"), number("/status/currentHealthy"));
            return Err(refusal(name, needs, has));
        }
        let mut new = live.clone();
        new["status"]["disruptionsAllowed"] = (allowed - 1).into();
        new["status"]["disruptedPods"][&write.name] = meta::time(write.ctx.now_unix_seconds);
        Ok((new, Vec::new()))
    };
    modify(&budget, Managed::Record, &change).await.map(drop)
}

fn refusal(name: &str, needs: i64, has: i64) -> ApiError {
    const WHY: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
    let mut error = ApiError::too_many_requests(WHY, RETRY_SECONDS);
    if let Some(details) = &mut error.0.details {
        details.causes.push(Cause {
            reason: "DisruptionBudget".into(),
            message: format!(
                "The disruption budget {name} needs {needs} healthy pods and has {has} currently"
            ),
            field: String::new(),
        });
    }
    error
}
