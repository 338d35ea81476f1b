//! What a member needs on the hub: its namespace, its agent's rights, and a finalizer so that it is removed
//! in order.

use crds::federation::MemberCluster;
use crds::names;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::bootstrap::{agent_rights, ensure_namespace};

/// Makes all of it; safe to repeat.
pub(super) async fn provision(client: &kube::Client, member: &MemberCluster) -> Result<(), anyhow::Error> {
    let name = member.name_any();
    if !member.finalizers().iter().any(|f| f == names::HUB_FINALIZER) {
        let mut finalizers = member.finalizers().to_vec();
        finalizers.push(names::HUB_FINALIZER.to_owned());
        let version = member.resource_version();
        let body = json!({"metadata": {"finalizers": finalizers, "resourceVersion": version}});
        let params = PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
        Api::<MemberCluster>::all(client.clone()).patch(&name, &params, &Patch::Merge(body)).await?;
    }
    ensure_namespace(client, &names::cluster_namespace(&name)).await?;
    agent_rights(client, &name).await?;
    Ok(())
}
