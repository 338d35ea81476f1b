//! `Settling → Upgrading`: one write changes images, labels and annotations, and says what must be seen afterwards.
//! A pod in the middle of an upgrade that is superseded enters again, with the new target.

use std::collections::BTreeMap;

use model::Timestamp;

use super::{Baseline, Move, Record, Step, Upgrade, Waiting};
use crate::annotation::{GROUP_LABEL, IN_PLACE_STATE, REVISION_LABEL};
use crate::pod::PodView;

/// Whether the pod's spec is at its revision and its containers are not, for all that is proven.
pub(super) fn is_running(pod: &PodView) -> bool {
    pod.record.as_ref().is_some_and(|record| {
        !record.settling && record.revision == pod.revision && !record.unproven(pod).is_empty()
    })
}

/// The write that moves the pod.
pub(super) fn enter(pod: &PodView, wanted: &Move, now: Timestamp) -> Upgrade {
    let containers = baselines(pod, wanted);
    let text = (!containers.is_empty()).then(|| {
        let (revision, from) = (wanted.revision.clone(), pod.revision.clone());
        Record { revision, from, since: now, settling: false, containers }.to_text()
    });
    let mut labels = wanted.labels.clone();
    labels.insert(REVISION_LABEL.to_owned(), Some(wanted.revision.clone()));
    labels.insert(GROUP_LABEL.to_owned(), Some(wanted.group.to_string()));
    let mut annotations = wanted.annotations.clone();
    if text.is_some() || pod.record.is_some() {
        annotations.insert(IN_PLACE_STATE.to_owned(), text);
    }
    Upgrade { images: wanted.images.clone(), labels, annotations }
}

/// What the containers that restart are now. One that has not yet restarted for the update before this one keeps
/// the baseline it had: its id still belongs to the older image.
fn baselines(pod: &PodView, wanted: &Move) -> BTreeMap<String, Baseline> {
    let mut open: BTreeMap<String, Baseline> = BTreeMap::new();
    if let Some(record) = pod.record.as_ref().filter(|record| !record.settling) {
        for name in record.unproven(pod) {
            if let Some(baseline) = record.containers.get(&name) {
                open.insert(name, baseline.clone());
            }
        }
    }
    for name in wanted.images.keys() {
        open.entry(name.clone()).or_default();
    }
    for (name, baseline) in &mut open {
        let Some(container) = pod.containers.get(name) else { continue };
        if baseline.id.is_empty() || container.id != baseline.id {
            *baseline = Baseline { id: container.id.clone(), image: container.image.clone() };
        }
    }
    open
}

/// Waits for the containers that have not proven themselves.
pub(super) fn wait(pod: &PodView) -> Option<Step> {
    let record = pod.record.as_ref().filter(|_| is_running(pod))?;
    Some(Step::Wait(Waiting::Upgrading { containers: record.unproven(pod) }))
}
