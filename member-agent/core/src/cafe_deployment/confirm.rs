//! The boundary of a group: whether it is done, whether a person must say go on, and whether one did.

use super::count::CellCount;
use super::groups::{self, Course};
use super::snapshot::{Confirmed, Deployment, Edit, Kind, Phase, Seen};

/// Moves the release to its next group, or to its end, where nothing stands against it. Returns what has to be written
/// on the object first.
pub(super) fn advance(
    deployment: &Deployment,
    seen: &Seen,
    course: &mut Course,
    revision: &str,
    cells: &[CellCount],
) -> Option<Edit> {
    if course.release.phase == Phase::Succeeded {
        return forget(deployment);
    }
    let place = groups::place(deployment, &course.release);
    let is_last = place + 1 >= course.release.groups.len();
    course.release.group_done =
        cells.iter().all(|cell| cell.updated_available >= groups::opened(deployment, &course.release, cell));
    if !course.release.group_done {
        course.release.phase = moving(course.release.kind);
        course.release.waiting_for_confirm = false;
        return None;
    }
    if is_last {
        course.release.phase = Phase::Succeeded;
        course.release.waiting_for_confirm = false;
        course.current = revision.to_owned();
        return forget(deployment);
    }
    if needs_word(deployment, course.release.kind) && !has_word(deployment, course) {
        return ask(deployment, seen, course);
    }
    course.release.group += 1;
    course.release.group_done = false;
    course.release.waiting_for_confirm = false;
    course.release.phase = moving(course.release.kind);
    None
}

/// The phase in which pods move.
fn moving(kind: Kind) -> Phase {
    if kind == Kind::Scale { Phase::Scaling } else { Phase::Releasing }
}

/// Only template changes ask; going back to what all pods ran does not (02 §3.2, §3.6), unless a hub does it: then it is
/// a release whose groups open in step with those of other clusters (03 *Across clusters*).
fn needs_word(deployment: &Deployment, kind: Kind) -> bool {
    deployment.need_confirm
        && match kind {
            Kind::Update => true,
            Kind::Rollout | Kind::Scale => deployment.confirm_scaling,
            Kind::Cancel => deployment.has_hub_owner,
        }
}

/// A word for a later group of this release counts for this one, too; one for another release never does.
fn has_word(deployment: &Deployment, course: &Course) -> bool {
    deployment
        .confirmed
        .is_some_and(|word| word.release_seq == course.seq && word.group >= course.release.group)
}

/// Waits for a word. By annotation it counts only when it was given after the question: a `true` from before the
/// boundary is turned into the question.
fn ask(deployment: &Deployment, seen: &Seen, course: &mut Course) -> Option<Edit> {
    let was_asked = seen.status.release_seq == course.seq
        && seen
            .status
            .release
            .as_ref()
            .is_some_and(|before| before.waiting_for_confirm && before.group == course.release.group);
    if !deployment.has_hub_owner {
        match deployment.upgrade_confirmed.as_deref() {
            Some("true") if was_asked => {
                let (release_seq, group) = (course.seq, course.release.group);
                return Some(Edit::Consume(Confirmed { release_seq, group }));
            }
            Some("false") => {}
            _ => return Some(Edit::AskByAnnotation),
        }
    }
    course.release.phase = Phase::WaitingForConfirm;
    course.release.waiting_for_confirm = true;
    None
}

/// Where nobody is waited for, no question stands.
fn forget(deployment: &Deployment) -> Option<Edit> {
    (!deployment.has_hub_owner && deployment.upgrade_confirmed.is_some()).then_some(Edit::ForgetAnnotation)
}
