//! Removes a member in order: its Works go first, carried out by its agent (orphaned unless told otherwise);
//! then its namespace and rights. By force, for a cluster that is gone, nobody is waited for; a dead cluster
//! blocks no live one (02 §10).

use crds::federation::{MemberCluster, Work};
use crds::names;
use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Patch, PatchParams, Preconditions};
use serde_json::json;
use tracing::info;

use crate::bootstrap::drop_agent_rights;

/// One pass; the last one takes the finalizer away.
pub(super) async fn carry_out(client: &kube::Client, member: &MemberCluster) -> Result<(), kube::Error> {
    let name = member.name_any();
    let works: Api<Work> = Api::namespaced(client.clone(), &names::cluster_namespace(&name));
    let forced = member.annotations().contains_key(names::FORCE_REMOVE);
    let left = works.list(&Default::default()).await?.items;
    for work in &left {
        let_go(&works, member, work, forced).await?;
    }
    if !left.is_empty() {
        return Ok(());
    }
    drop_agent_rights(client, &name).await?;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    match namespaces.delete(&names::cluster_namespace(&name), &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {}
        result => drop(result?),
    }
    info!(member = name, forced, "removed");
    let finalizers: Vec<&String> =
        member.finalizers().iter().filter(|f| *f != names::HUB_FINALIZER).collect();
    let body = json!({"metadata": {"finalizers": finalizers}});
    let patched = Api::<MemberCluster>::all(client.clone())
        .patch(&name, &PatchParams::default(), &Patch::Merge(body))
        .await;
    match patched {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        result => result.map(|_| ()),
    }
}

/// Starts the deletion of one Work with the member's policy, and ends it when its agent has carried it out.
async fn let_go(
    works: &Api<Work>,
    member: &MemberCluster,
    work: &Work,
    forced: bool,
) -> Result<(), kube::Error> {
    let name = work.name_any();
    if work.metadata.deletion_timestamp.is_none() {
        let body = json!({"spec": {"deletionPolicy": member.spec.on_remove}});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        let held = works.patch(&name, &params, &Patch::Merge(body)).await?;
        // Only with the policy that was just written: somebody who writes in between must not turn an orphan into
        // a deletion. The next pass tries again.
        let very = Preconditions { uid: held.uid(), resource_version: held.resource_version() };
        let params = DeleteParams { preconditions: Some(very), ..DeleteParams::default() };
        match works.delete(&name, &params).await {
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {}
            result => drop(result?),
        }
    }
    if forced || carried_out(work) {
        let body = json!({"metadata": {"finalizers": null}});
        match works.patch(&name, &PatchParams::default(), &Patch::Merge(body)).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            result => drop(result?),
        }
    }
    Ok(())
}

/// Whether the agent has said that the deletion of exactly this Work is done.
fn carried_out(work: &Work) -> bool {
    let Some(status) = &work.status else { return false };
    let done = |reason: &str| matches!(reason, "Removed" | "Orphaned");
    status.observed_generation == work.metadata.generation.unwrap_or_default()
        && status.conditions.iter().any(|c| c.type_ == "Applied" && done(&c.reason))
}
