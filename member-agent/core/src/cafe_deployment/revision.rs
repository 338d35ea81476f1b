//! Revisions: the name of the template's, and the history with its numbers.

use serde_json::Value;

use super::snapshot::{Deployment, RecordSeen, RecordWrite, Seen};
use crate::template::hash;

/// Name of the template's revision. Overrides belong to it: a change of one cell's pods is a release, too.
pub(super) fn name(deployment: &Deployment) -> String {
    let overrides: Vec<Value> = deployment.overrides.iter().map(|change| change.to_json()).collect();
    if overrides.is_empty() {
        return hash(&[&deployment.template]);
    }
    hash(&[&deployment.template, &Value::Array(overrides)])
}

/// Keeps the history: the template's revision has the highest number, and revisions beyond the limit go, but never
/// one that pods run, or that is the current or the updated one.
pub(super) fn history(
    deployment: &Deployment,
    seen: &Seen,
    revision: &str,
    current: &str,
) -> Vec<RecordWrite> {
    let mut writes = Vec::new();
    let newest = seen.records.iter().map(|record| record.number).max().unwrap_or(0);
    match seen.records.iter().find(|record| record.revision == revision) {
        None => writes.push(RecordWrite::Create { revision: revision.to_owned(), number: newest + 1 }),
        Some(record) if record.number < newest => {
            writes.push(RecordWrite::Renumber { name: record.name.clone(), number: newest + 1 });
        }
        Some(_) => {}
    }
    let mut old: Vec<&RecordSeen> =
        seen.records.iter().filter(|record| record.revision != revision).collect();
    old.sort_by_key(|record| record.number);
    let mut surplus = old.len().saturating_sub(deployment.history_limit);
    for record in old {
        let is_used =
            record.revision == current || seen.pods.iter().any(|pod| pod.revision == record.revision);
        if surplus > 0 && !is_used {
            writes.push(RecordWrite::Delete { name: record.name.clone() });
            surplus -= 1;
        }
    }
    writes
}
