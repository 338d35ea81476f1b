//! How many pods each cell should have, and how many its set holds: those, and the probes of pods without room.

use std::collections::BTreeMap;

use model::Timestamp;
use model::groups::{self, Pin, ShareReason, SharesInput};
use model::names::CellLabel;

use super::invalid::Invalid;
use super::names::ALL_CELLS;
use super::reschedule;
use super::snapshot::{Deployment, Seen};
use crate::pod::PodView;

/// What a cell is entitled to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entitled {
    /// The cell.
    pub cell: String,
    /// Pods that should be available in it.
    pub desired: u32,
    /// Pods that its set may hold: `desired`, and what waits for room.
    pub hold: u32,
    /// Why, where it is not its ordinary share.
    pub note: String,
}

/// The shares of all cells, in their order.
pub(super) fn shares(deployment: &Deployment, seen: &Seen, now: Timestamp) -> Result<Vec<Entitled>, Invalid> {
    let cells = match &deployment.cells {
        Some(cells) => cells.clone(),
        None => vec![ALL_CELLS.to_owned()],
    };
    let labels = cells.iter().map(|cell| CellLabel::new(cell.clone())).collect::<Result<Vec<_>, _>>()?;
    let mut input = SharesInput { replicas: deployment.replicas, cells: labels, ..SharesInput::default() };
    for (cell, pin) in &deployment.pins {
        let pin: Pin = pin.parse().map_err(|source| Invalid::Pin { cell: cell.clone(), source })?;
        input.pinned.insert(CellLabel::new(cell.clone())?, pin);
    }
    for (cell, count) in &deployment.assigned {
        input.assigned.insert(CellLabel::new(cell.clone())?, *count);
    }
    for (cell, pods) in pods_by_cell(seen) {
        let stuck = reschedule::stuck(deployment, &pods, now);
        if stuck > 0 && cells.contains(&cell) {
            let placed = u32::try_from(pods.len()).unwrap_or(u32::MAX).saturating_sub(stuck);
            input.limits.insert(CellLabel::new(cell)?, placed);
        }
    }
    let shares = groups::shares(&input)?;
    Ok(shares.cells.iter().map(entitled).collect())
}

fn entitled(share: &groups::CellShare) -> Entitled {
    let (hold, note) = match share.reason {
        ShareReason::Limited { entitled } => (entitled, share.reason.to_string()),
        ShareReason::Standing { .. } => (share.replicas, share.reason.to_string()),
        _ => (share.replicas, String::new()),
    };
    Entitled { cell: share.cell.as_str().to_owned(), desired: share.replicas, hold, note }
}

/// Pods that are alive, by the cell of their set.
pub(super) fn pods_by_cell(seen: &Seen) -> BTreeMap<String, Vec<&PodView>> {
    let cell_of: BTreeMap<&str, &str> =
        seen.sets.iter().map(|set| (set.name.as_str(), set.cell.as_str())).collect();
    let mut by_cell: BTreeMap<String, Vec<&PodView>> = BTreeMap::new();
    for pod in seen.pods.iter().filter(|pod| pod.is_alive()) {
        if let Some(cell) = cell_of.get(pod.set.as_str()) {
            by_cell.entry((*cell).to_owned()).or_default().push(pod);
        }
    }
    by_cell
}
