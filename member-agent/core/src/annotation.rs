//! Names that the pure decisions write into pods. They are part of the API (03 *apps.cafefed.dev*) and the same as in
//! the crate of the kinds, which a core cannot see; the shell has a test that they agree.

/// Pod label that names the cell.
pub const CELL_LABEL: &str = "ldc.cafefed.dev/cell";
/// Pod label: the CafeDeployment it belongs to.
pub const CAFEDEPLOYMENT_LABEL: &str = "apps.cafefed.dev/cafedeployment";
/// Pod label: the revision it runs, or is being moved to.
pub const REVISION_LABEL: &str = "apps.cafefed.dev/revision";
/// Pod label: group of the release that made or moved it.
pub const GROUP_LABEL: &str = "apps.cafefed.dev/group";
/// Readiness gate that is false while a pod is updated in place.
pub const IN_PLACE_READY: &str = "apps.cafefed.dev/InPlaceReady";
/// Pod annotation: what the update in place waits to see (JSON of [`crate::pod_life::Record`]).
pub const IN_PLACE_STATE: &str = "apps.cafefed.dev/in-place-update";
/// Pod annotation that carries a W3C trace context.
pub const TRACEPARENT: &str = "federation.cafefed.dev/traceparent";
/// Template annotations whose change asks for new pods, although annotations may change in place.
pub const RESTART_ANNOTATIONS: [&str; 2] =
    ["kubectl.kubernetes.io/restartedAt", "federation.cafefed.dev/restarted-at"];
