//! Pause: no group opens, nothing is added or removed, and what is in the middle of an update is finished.

use super::groups::Course;
use super::snapshot::{Phase, Seen, Status};

/// Marks a release that has not ended as paused.
pub(super) fn hold(course: &mut Course) {
    if course.release.phase != Phase::Succeeded {
        course.release.phase = Phase::Paused;
    }
}

/// Shares that were not acted upon stay as they were in the status, so that what changed meanwhile is seen as a change
/// when it goes on.
pub(super) fn keep_shares(seen: &Seen, next: &mut Status) {
    for cell in &mut next.cells {
        if let Some(before) = seen.status.cells.iter().find(|before| before.name == cell.name) {
            cell.desired = before.desired;
        }
    }
}
