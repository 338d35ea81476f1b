//! The progress deadline: pods that stopped moving are called stuck, with their problems. Nothing is undone by itself.

use model::Timestamp;

use super::groups::Course;
use super::snapshot::{Deployment, Phase, Seen, Status};

/// Notes progress where there was some, and calls the release failed where there was none for too long. Returns when
/// to look again.
pub(super) fn watch(
    deployment: &Deployment,
    seen: &Seen,
    course: &mut Course,
    next: &Status,
    now: Timestamp,
) -> Option<Timestamp> {
    if !matches!(course.release.phase, Phase::Releasing | Phase::Scaling) {
        return None;
    }
    if has_moved(&seen.status, next, course) {
        course.release.last_progress = now;
    }
    let deadline = course.release.last_progress.plus_seconds(i64::from(deployment.progress_deadline_seconds));
    if deadline <= now {
        course.release.phase = Phase::Failed;
        return None;
    }
    Some(deadline)
}

/// Whether anything went forward since the last status. Waiting for a person, or being paused, is not standing still:
/// what comes after it counts from its own beginning.
fn has_moved(before: &Status, next: &Status, course: &Course) -> bool {
    let numbers = |status: &Status| (status.replicas, status.updated, status.ready, status.available);
    let Some(release) = &before.release else { return true };
    let stood = matches!(release.phase, Phase::Paused | Phase::WaitingForConfirm | Phase::Succeeded);
    stood
        || release.group != course.release.group
        || before.release_seq != course.seq
        || numbers(before) != numbers(next)
}
