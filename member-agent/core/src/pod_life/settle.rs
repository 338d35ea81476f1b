//! `Draining → Settling`: requests that were on their way when the parties let go come to their end. Skipped without
//! parties.

use model::Timestamp;

use super::{Move, Party, Record, Step, Waiting};
use crate::pod::PodView;

/// How long requests in flight get (slide 13).
pub(super) const SETTLE_SECONDS: i64 = 3;

/// Notes when settling began, then waits until it is over.
pub(super) fn wait(pod: &PodView, wanted: &Move, parties: &[Party], now: Timestamp) -> Option<Step> {
    if parties.is_empty() {
        return None;
    }
    let begun = pod.record.as_ref().filter(|record| record.settling && record.revision == wanted.revision);
    let Some(record) = begun else {
        return Some(Step::Note(Record {
            revision: wanted.revision.clone(),
            from: pod.revision.clone(),
            since: now,
            settling: true,
            ..Record::default()
        }));
    };
    let until = record.since.plus_seconds(SETTLE_SECONDS);
    (now < until).then_some(Step::Wait(Waiting::Settling { until }))
}
