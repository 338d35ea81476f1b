//! Changes of the CafeDeployment itself: confirmations by annotation, and rollbacks.

use crds::apps::CafeDeployment;
use crds::names::{ROLLBACK_TO, UPGRADE_CONFIRMED};
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;
use kube::api::{Api, Patch};
use member_agent_core::cafe_deployment::Edit;
use serde_json::{Value, json};

use super::{Context, change};
use crate::{Error, watch};

/// Writes one change, bound to the version that was seen.
pub(super) async fn write(context: &Context, object: &CafeDeployment, edit: &Edit) -> Result<(), Error> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let mut patch = match edit {
        Edit::AskByAnnotation => annotation(UPGRADE_CONFIRMED, json!("false")),
        Edit::ForgetAnnotation => annotation(UPGRADE_CONFIRMED, Value::Null),
        Edit::ForgetRollback => annotation(ROLLBACK_TO, Value::Null),
        Edit::Consume(word) => {
            let mut patch = annotation(UPGRADE_CONFIRMED, Value::Null);
            let confirmed = json!({"releaseSeq": word.release_seq, "group": word.group});
            patch["spec"] = json!({"strategy": {"confirmed": confirmed}});
            patch
        }
        Edit::RollBack { record } => roll_back(context, &namespace, record, object).await?,
    };
    patch["metadata"]["resourceVersion"] = json!(object.resource_version());
    let api: Api<CafeDeployment> = Api::namespaced(context.client.clone(), &namespace);
    let written = api
        .patch(&name, &change(), &Patch::Merge(&patch))
        .await
        .map_err(Error::request(format!("write {edit:?} on CafeDeployment {namespace}/{name}")))?;
    watch::note_deployment(context, written);
    Ok(())
}

fn annotation(name: &str, value: Value) -> Value {
    json!({"metadata": {"annotations": {name: value}}})
}

/// Template and overrides of the record, as the difference to what is there.
async fn roll_back(
    context: &Context,
    namespace: &str,
    record: &str,
    object: &CafeDeployment,
) -> Result<Value, Error> {
    let api: Api<ControllerRevision> = Api::namespaced(context.client.clone(), namespace);
    let attempt = format!("read revision {namespace}/{record} to roll back to it");
    let found = api.get(record).await.map_err(Error::request(attempt))?;
    let data = found.data.map(|data| data.0).unwrap_or(Value::Null);
    let mut patch = annotation(ROLLBACK_TO, Value::Null);
    let template = &data["template"];
    if let Some(difference) = member_agent_core::difference::merge_patch(&object.spec.template.0, template) {
        patch["spec"]["template"] = difference;
    }
    let overrides = data["overrides"].as_array().cloned().unwrap_or_default();
    if !(overrides.is_empty() && object.spec.topology.overrides.is_empty()) {
        patch["spec"]["topology"]["overrides"] = Value::Array(overrides);
    }
    Ok(patch)
}
