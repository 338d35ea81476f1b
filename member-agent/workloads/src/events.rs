//! Events on the CafeDeployment: the same reasons as in its conditions.

use crds::apps::CafeDeployment;
use crds::names::AGENT_MANAGER;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource};
use member_agent_core::cafe_deployment::{Phase, Status, Truth};

/// The sender of events.
pub(crate) fn recorder(client: Client, instance: Option<String>) -> Recorder {
    Recorder::new(client, Reporter { controller: AGENT_MANAGER.to_owned(), instance })
}

/// The event of a step of a release: another phase, or another group. An object that became invalid is one, too.
fn event(before: &Status, after: &Status) -> Option<Event> {
    let invalid =
        |status: &Status| status.conditions.iter().find(|condition| condition.kind == "Invalid").cloned();
    if let Some(condition) = invalid(after) {
        let is_new = invalid(before).is_none_or(|known| known.message != condition.message);
        return is_new.then(|| warning(condition.reason, condition.message));
    }
    let release = after.release.as_ref()?;
    let known = before.release.as_ref();
    let is_same = known.is_some_and(|known| known.phase == release.phase && known.group == release.group)
        && before.release_seq == after.release_seq;
    if is_same {
        return None;
    }
    let condition = after.conditions.iter().find(|condition| condition.kind == "Progressing")?;
    if release.phase == Phase::Failed || condition.truth == Truth::False {
        return Some(warning(condition.reason.clone(), condition.message.clone()));
    }
    Some(Event {
        type_: EventType::Normal,
        reason: condition.reason.clone(),
        note: Some(condition.message.clone()),
        action: "Release".to_owned(),
        secondary: None,
    })
}

fn warning(reason: String, note: String) -> Event {
    Event {
        type_: EventType::Warning,
        reason,
        note: Some(note),
        action: "Release".to_owned(),
        secondary: None,
    }
}

/// Tells what changed. An event that cannot be written is no reason to stop.
pub(crate) async fn tell(recorder: &Recorder, object: &CafeDeployment, before: &Status, after: &Status) {
    let Some(mut event) = event(before, after) else { return };
    // The API refuses notes above 1 kB.
    if let Some(note) = &mut event.note
        && note.len() > 1000
    {
        let end = (0..=1000).rev().find(|end| note.is_char_boundary(*end)).unwrap_or(0);
        note.truncate(end);
    }
    if let Err(error) = recorder.publish(&event, &object.object_ref(&())).await {
        tracing::debug!(reason = event.reason, %error, "event was not written");
    }
}
