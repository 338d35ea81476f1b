//! A rollback puts an older template back; what follows is a release in groups like any other.

use super::invalid::Invalid;
use super::snapshot::{Deployment, Edit, RecordSeen, Seen};

/// What a rollback annotation asks for. A number is a revision number, `0` or an empty text the one before the
/// template's, and anything else the name of a revision.
pub(super) fn edit(deployment: &Deployment, seen: &Seen, revision: &str) -> Result<Option<Edit>, Invalid> {
    let Some(asked) = &deployment.rollback_to else { return Ok(None) };
    let asked = asked.trim();
    let found = match asked {
        "" | "0" => {
            let others = seen.records.iter().filter(|record| record.revision != revision);
            others.max_by_key(|record| record.number)
        }
        text => {
            let is_asked =
                |record: &&RecordSeen| record.revision == text || record.number.to_string() == text;
            seen.records.iter().find(is_asked)
        }
    };
    match found {
        Some(record) if record.revision == revision => Ok(Some(Edit::ForgetRollback)),
        Some(record) => Ok(Some(Edit::RollBack { record: record.name.clone() })),
        None => {
            let mut known: Vec<String> = seen
                .records
                .iter()
                .map(|record| format!("{} ({})", record.number, record.revision))
                .collect();
            known.sort();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(Invalid::Rollback { asked: asked.to_owned(), known })
        }
    }
}
