//! Every label, annotation, finalizer, namespace and field-manager name that hub and agent share.

/// Group of the kinds about clusters and what runs on them.
pub const FEDERATION_GROUP: &str = "federation.cafefed.dev";
/// Group of the kinds about units and traffic.
pub const LDC_GROUP: &str = "ldc.cafefed.dev";
/// Group of the workload kinds in member clusters.
pub const APPS_GROUP: &str = "apps.cafefed.dev";
/// The only version of all three groups.
pub const VERSION: &str = "v1alpha1";

/// Node label (the default of `topology.nodeLabel`) and pod label that name the cell.
pub const CELL_LABEL: &str = "ldc.cafefed.dev/cell";
/// Pod label: the CafeDeployment it belongs to.
pub const CAFEDEPLOYMENT_LABEL: &str = "apps.cafefed.dev/cafedeployment";
/// Pod label: short hash of the pod template it runs.
pub const REVISION_LABEL: &str = "apps.cafefed.dev/revision";
/// Pod label: group of the release that made or updated it.
pub const GROUP_LABEL: &str = "apps.cafefed.dev/group";
/// Readiness gate that is false while a pod is updated in place.
pub const IN_PLACE_READY: &str = "apps.cafefed.dev/InPlaceReady";
/// Pod annotation: what the update in place waits to see (JSON).
pub const IN_PLACE_STATE: &str = "apps.cafefed.dev/in-place-update";
/// CafeDeployment annotation of the original product: `false` while waiting, `true` to confirm.
pub const UPGRADE_CONFIRMED: &str = "cafe.sofastack.io/upgrade-confirmed";
/// CafeDeployment annotation: roll back to this revision number (as `kubectl rollout undo` writes).
pub const ROLLBACK_TO: &str = "apps.cafefed.dev/rollback-to";
/// CafeDeployment annotation written by the agent: the hub's release sequence of this template.
pub const RELEASE_SEQ: &str = "apps.cafefed.dev/release-seq";

/// Label on objects in members: the Work that put them there, `NAMESPACE-less name`.
pub const WORK_LABEL: &str = "federation.cafefed.dev/work";
/// Annotation on objects in members: uid of the Work that owns them on the hub.
pub const WORK_UID: &str = "federation.cafefed.dev/work-uid";
/// Annotation on objects in members: the object on the hub they come from, `Kind/namespace/name`.
pub const SOURCE: &str = "federation.cafefed.dev/source";
/// Label on Works: kind of the source object.
pub const SOURCE_KIND: &str = "federation.cafefed.dev/source-kind";
/// Label on Works: namespace of the source object.
pub const SOURCE_NAMESPACE: &str = "federation.cafefed.dev/source-namespace";
/// Label on Works: name of the source object.
pub const SOURCE_NAME: &str = "federation.cafefed.dev/source-name";
/// Label on every object a hub controller made.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`MANAGED_BY`] on the hub and in members.
pub const CAFE_FEDERATION: &str = "cafe-federation";
/// Annotation that carries a W3C trace context from the apply to the pod.
pub const TRACEPARENT: &str = "federation.cafefed.dev/traceparent";
/// Annotation on a FederatedDeployment: who asked for a restart, and when.
pub const RESTARTED_AT: &str = "federation.cafefed.dev/restarted-at";

/// Finalizer of a Work: the agent takes it away when the objects in the member are gone or orphaned.
pub const AGENT_FINALIZER: &str = "federation.cafefed.dev/agent";
/// Finalizer of sources on the hub: the controller takes it away when no Work is left.
pub const HUB_FINALIZER: &str = "federation.cafefed.dev/hub";

/// Namespace of all [`crate::federation::WorkTemplate`]s.
pub const TEMPLATES_NAMESPACE: &str = "cafefed-templates";
/// Namespace of the agent in its own cluster.
pub const SYSTEM_NAMESPACE: &str = "cafefed-system";
/// Field manager of hub controllers.
pub const HUB_MANAGER: &str = "cafefed-hub";
/// Field manager of the agent, on the hub and in its member.
pub const AGENT_MANAGER: &str = "cafefed-agent";
/// Signer of agents' certificates.
pub const AGENT_SIGNER: &str = "federation.cafefed.dev/agent";
/// Group of all agents on the hub.
pub const AGENTS_GROUP: &str = "cafefed:agents";
/// Prefix of an agent's user name on the hub; the cluster's name follows.
pub const AGENT_USER_PREFIX: &str = "cafefed:agent:";
/// Group of a caller with a join token.
pub const JOINERS_GROUP: &str = "system:bootstrappers:cafefed:join";
/// Key in a join token's Secret: the cluster it is good for.
pub const TOKEN_CLUSTER: &str = "cafefed-cluster";
/// Key in a join token's Secret: the site of that cluster.
pub const TOKEN_SITE: &str = "cafefed-site";
/// Key in a join token's Secret: `true` where the join needs no further acceptance.
pub const TOKEN_ACCEPT: &str = "cafefed-accept";
/// Annotation on an agent's first CSR: uid of the member's kube-system namespace.
pub const CLUSTER_UID: &str = "federation.cafefed.dev/cluster-uid";

/// The hub's namespace of one member cluster: `cluster-NAME`.
pub fn cluster_namespace(cluster: &str) -> String {
    format!("cluster-{cluster}")
}

/// Name of a cluster's CSR and Lease-like singletons: `agent-NAME`.
pub fn agent_object(cluster: &str) -> String {
    format!("agent-{cluster}")
}

/// Name of the Work for one source object: `NAMESPACE.KIND-IN-LOWER-CASE.NAME`.
///
/// A namespace has no dots, so that the parts can be told apart again; objects of cluster scope have an
/// empty namespace part, written `-`.
pub fn work_name(kind: &str, namespace: &str, name: &str) -> String {
    let namespace = if namespace.is_empty() { "-" } else { namespace };
    format!("{namespace}.{}.{name}", kind.to_ascii_lowercase()).trim_start_matches("-.").to_owned()
}
