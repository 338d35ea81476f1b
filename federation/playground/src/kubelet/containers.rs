//! Container statuses: a container runs its spec's image, has still the old one, or cannot get the new one.

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::image::{full_name, is_bad};

/// Whether the status is what the spec asks for.
pub(super) fn is_settled(container: &Container, status: Option<&ContainerStatus>) -> bool {
    let image = container.image.as_deref().unwrap_or_default();
    match status {
        None => false,
        Some(status) if is_bad(image) => waits_for(status, image),
        Some(status) => status.ready && status.image == full_name(image),
    }
}

fn waits_for(status: &ContainerStatus, image: &str) -> bool {
    let waiting = status.state.as_ref().and_then(|s| s.waiting.as_ref());
    waiting.is_some_and(|w| w.message.as_deref().is_some_and(|m| m.contains(&format!("\"{image}\""))))
}

/// The status after the container has started, or failed to.
pub(super) fn started(
    container: &Container,
    old: Option<&ContainerStatus>,
    pod_uid: &str,
    now: &Time,
) -> ContainerStatus {
    let image = container.image.as_deref().unwrap_or_default();
    if is_bad(image) {
        return backing_off(container, old, image);
    }
    let restarts = old.filter(|o| o.container_id.is_some()).map_or(0, |o| o.restart_count + 1);
    let name = full_name(image);
    ContainerStatus {
        name: container.name.clone(),
        container_id: Some(format!(
            "containerd://{}",
            id(&[pod_uid, &container.name, &restarts.to_string()])
        )),
        image_id: format!(
            "{}@sha256:{}",
            name.rsplit_once(':').map_or(name.as_str(), |(path, _)| path),
            id(&[&name])
        ),
        image: name,
        ready: true,
        started: Some(true),
        restart_count: restarts,
        state: Some(ContainerState {
            running: Some(ContainerStateRunning { started_at: Some(now.clone()) }),
            ..ContainerState::default()
        }),
        last_state: old.and_then(|o| o.container_id.as_ref()).map(|id| ended(id, now)),
        ..ContainerStatus::default()
    }
}

/// The image cannot be pulled: a container that ran keeps its identity, so that nobody takes it for updated.
fn backing_off(container: &Container, old: Option<&ContainerStatus>, image: &str) -> ContainerStatus {
    let waiting = ContainerStateWaiting {
        reason: Some("ImagePullBackOff".into()),
        message: Some(format!("Back-off pulling image \"{image}\"")),
    };
    let mut status = old.cloned().unwrap_or_else(|| ContainerStatus {
        name: container.name.clone(),
        image: image.to_owned(),
        ..ContainerStatus::default()
    });
    status.ready = false;
    status.started = Some(false);
    status.state = Some(ContainerState { waiting: Some(waiting), ..ContainerState::default() });
    status
}

fn ended(container_id: &str, now: &Time) -> ContainerState {
    ContainerState {
        terminated: Some(ContainerStateTerminated {
            container_id: Some(container_id.to_owned()),
            exit_code: 0,
            reason: Some("Completed".into()),
            finished_at: Some(now.clone()),
            ..ContainerStateTerminated::default()
        }),
        ..ContainerState::default()
    }
}

/// 64 hexadecimal digits that depend on all parts (FNV-1a, four times; nobody relies on its strength).
fn id(parts: &[&str]) -> String {
    (0..4u64)
        .map(|round| {
            let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            format!("{hash:016x}")
        })
        .collect()
}
