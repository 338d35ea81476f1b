//! Sharing out replicas by highest averages (Webster), with bounds, and without moving what runs.

use std::collections::BTreeMap;
use std::fmt;

use model::{CellName, Claimant, apportion};

use crate::report::Report;

/// How replicas are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// Every cell has all of them.
    Duplicated,
    /// By weight.
    Weighted {
        /// Bounds of every cell.
        bounds: Bounds,
        /// Present replicas stay where they may (02 §4).
        avoid_disruption: bool,
    },
}

/// The least and the most replicas of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// What each cell starts with.
    pub min: u32,
    /// Where each cell is skipped; below `min` it means `min`.
    pub max: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { min: 0, max: u32::MAX }
    }
}

/// A cell that replicas may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The cell.
    pub cell: CellName,
    /// What it weighs; see [`super::weights`]. `None`: not known, so it keeps what it has (I21).
    pub weight: Option<u32>,
    /// Replicas assigned to it by the division before.
    pub present: u32,
    /// The most it can hold for now, because pods found no room there; `None`: no limit is known.
    pub limit: Option<u32>,
}

/// Why a cell has no more replicas than it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareReason {
    /// It has all, as every cell.
    Duplicate,
    /// Its part by weight.
    Weight {
        /// Its weight.
        weight: u32,
        /// The weights of all cells.
        of: u64,
    },
    /// It weighs nothing and has the minimum only.
    NoWeight {
        /// The minimum.
        min: u32,
    },
    /// It has the most that a cell may have.
    AtMax {
        /// The maximum.
        max: u32,
    },
    /// It has no room for more.
    NoRoom {
        /// What it can hold.
        limit: u32,
    },
    /// It differs from its part because what runs stays.
    Stays {
        /// Its part by weight.
        ideal: u32,
    },
    /// Its weight is not known, so what runs there stays and nothing is added.
    NotKnown,
    /// The minima of all cells are more than there is.
    BelowMin {
        /// The minimum.
        min: u32,
    },
}

impl fmt::Display for ShareReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate => f.write_str("every cell has all replicas"),
            Self::Weight { weight, of } => write!(f, "weight {weight} of {of}"),
            Self::NoWeight { min } => write!(f, "weight 0, so only the minimum of {min}"),
            Self::AtMax { max } => write!(f, "at the maximum of {max}"),
            Self::NoRoom { limit } => write!(f, "no room for more than {limit}"),
            Self::Stays { ideal } => write!(f, "kept to avoid disruption; its part is {ideal}"),
            Self::NotKnown => f.write_str("its weight is not known; what runs there stays"),
            Self::BelowMin { min } => write!(f, "too few replicas for the minimum of {min} in every cell"),
        }
    }
}

/// The replicas of each cell, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Divided {
    /// One number per candidate.
    pub shares: BTreeMap<CellName, u32>,
    /// Replicas that no cell can take.
    pub unplaced: u32,
    /// One reason per cell, by name.
    pub report: Report<ShareReason>,
}

/// Why nothing was divided; what runs keeps running.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DivisionError {
    /// No cell at all.
    #[error("no cell can take the {replicas} replicas")]
    NoCells {
        /// Replicas asked for.
        replicas: u32,
    },
    /// All cells weigh nothing.
    #[error("all {} cells have weight 0 ({}), so {replicas} replicas cannot be divided: give one a weight", cells.len(), cells.join(", "))]
    NoWeight {
        /// Replicas asked for.
        replicas: u32,
        /// The cells.
        cells: Vec<String>,
    },
    /// The `max` is below the `min`.
    #[error("division has max {max} below min {min}: raise max or lower min")]
    Bounds {
        /// The minimum.
        min: u32,
        /// The maximum.
        max: u32,
    },
}

/// Divides `replicas` over the candidates. Ties go to fewer seats, then by name.
pub fn divide(replicas: u32, division: Division, candidates: &[Candidate]) -> Result<Divided, DivisionError> {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by(|a, b| a.cell.cmp(&b.cell));
    if sorted.is_empty() && replicas > 0 {
        return Err(DivisionError::NoCells { replicas });
    }
    match division {
        Division::Duplicated => Ok(duplicated(replicas, &sorted)),
        Division::Weighted { bounds, .. } if bounds.max < bounds.min => {
            Err(DivisionError::Bounds { min: bounds.min, max: bounds.max })
        }
        Division::Weighted { bounds, avoid_disruption } => {
            if replicas > 0 && sorted.iter().all(|candidate| candidate.weight == Some(0)) {
                let cells = sorted.iter().map(|candidate| candidate.cell.to_string()).collect();
                return Err(DivisionError::NoWeight { replicas, cells });
            }
            Ok(around_unknown(replicas, bounds, avoid_disruption, &sorted))
        }
    }
}

/// Sets aside what runs in cells of unknown weight, and divides the rest over the others. Only a person who asks
/// for less than that takes anything away there.
fn around_unknown(
    replicas: u32,
    bounds: Bounds,
    avoid_disruption: bool,
    candidates: &[&Candidate],
) -> Divided {
    let unknown: Vec<&Candidate> = candidates.iter().filter(|c| c.weight.is_none()).copied().collect();
    let known: Vec<Known<'_>> = candidates
        .iter()
        .filter_map(|candidate| Some(Known { candidate, weight: candidate.weight? }))
        .collect();
    let present: Vec<Claimant> =
        unknown.iter().map(|c| Claimant::of_weight(c.present).at_most(c.present)).collect();
    let kept = apportion(replicas, &present);
    let rest = replicas.saturating_sub(kept.iter().sum());
    let mut divided = weighted(rest, bounds, avoid_disruption, &known);
    for (candidate, share) in unknown.iter().zip(kept) {
        divided.shares.insert(candidate.cell.clone(), share);
        divided.report.add(&candidate.cell, ShareReason::NotKnown);
    }
    divided.report.findings.sort_by(|a, b| a.subject.cmp(&b.subject));
    divided
}

/// A candidate whose weight is known.
struct Known<'c> {
    candidate: &'c Candidate,
    weight: u32,
}

fn duplicated(replicas: u32, candidates: &[&Candidate]) -> Divided {
    let mut divided = Divided::default();
    for candidate in candidates {
        divided.shares.insert(candidate.cell.clone(), replicas);
        divided.report.add(&candidate.cell, ShareReason::Duplicate);
    }
    divided
}

/// The most a candidate may have: the maximum, or its limit when that is lower.
fn cap(bounds: Bounds, candidate: &Candidate) -> u32 {
    candidate.limit.unwrap_or(u32::MAX).min(bounds.max)
}

fn weighted(replicas: u32, bounds: Bounds, avoid_disruption: bool, known: &[Known<'_>]) -> Divided {
    let floors: Vec<u32> = known.iter().map(|known| bounds.min.min(cap(bounds, known.candidate))).collect();
    let floor_total: u64 = floors.iter().map(|floor| u64::from(*floor)).sum();
    let starved = floor_total > u64::from(replicas);
    let ideal = if starved {
        // Too few for the minima: they fill evenly, so that each next replica still lowers nobody.
        let even: Vec<Claimant> = floors.iter().map(|floor| Claimant::of_weight(1).at_most(*floor)).collect();
        apportion(replicas, &even)
    } else {
        let claimants: Vec<Claimant> = known
            .iter()
            .zip(&floors)
            .map(|(known, floor)| {
                Claimant::of_weight(known.weight).at_least(*floor).at_most(cap(bounds, known.candidate))
            })
            .collect();
        apportion(replicas, &claimants)
    };
    let shares = match avoid_disruption && !starved {
        true => staying(replicas, bounds, known, &floors, &ideal),
        false => ideal.clone(),
    };
    explain(replicas, bounds, starved, known, &ideal, shares)
}

/// The division that leaves present replicas where they may stay: those below their part get what is added, those
/// above it give what is removed.
fn staying(replicas: u32, bounds: Bounds, known: &[Known<'_>], floors: &[u32], ideal: &[u32]) -> Vec<u32> {
    let starts: Vec<u32> = known
        .iter()
        .zip(floors.iter().zip(ideal))
        .map(|(Known { candidate, weight }, (floor, ideal))| match weight {
            // A cell that weighs nothing may keep nothing above its minimum.
            0 => *ideal,
            _ => candidate.present.min(cap(bounds, candidate)).max(*floor),
        })
        .collect();
    let total: u64 = starts.iter().map(|start| u64::from(*start)).sum();
    let grows = total <= u64::from(replicas);
    let claimants: Vec<Claimant> = known
        .iter()
        .zip(starts.iter().zip(ideal))
        .map(|(known, (start, ideal))| {
            let claimant = Claimant::of_weight(known.weight);
            match grows {
                true => claimant.at_least(*start).at_most((*ideal).max(*start)),
                false => claimant.at_least((*ideal).min(*start)).at_most(*start),
            }
        })
        .collect();
    apportion(replicas, &claimants)
}

fn explain(
    replicas: u32,
    bounds: Bounds,
    starved: bool,
    known: &[Known<'_>],
    ideal: &[u32],
    shares: Vec<u32>,
) -> Divided {
    let of: u64 = known.iter().map(|known| u64::from(known.weight)).sum();
    let placed: u64 = shares.iter().map(|share| u64::from(*share)).sum();
    let unplaced = u32::try_from(u64::from(replicas).saturating_sub(placed)).unwrap_or(u32::MAX);
    let mut divided = Divided { unplaced, ..Divided::default() };
    for (Known { candidate, weight }, (share, ideal)) in known.iter().zip(shares.into_iter().zip(ideal)) {
        let reason = if starved {
            ShareReason::BelowMin { min: bounds.min }
        } else if share != *ideal {
            ShareReason::Stays { ideal: *ideal }
        } else if candidate.limit.is_some_and(|limit| limit <= share && limit <= bounds.max) {
            ShareReason::NoRoom { limit: share }
        } else if share == bounds.max {
            ShareReason::AtMax { max: bounds.max }
        } else if *weight == 0 {
            ShareReason::NoWeight { min: bounds.min }
        } else {
            ShareReason::Weight { weight: *weight, of }
        };
        divided.report.add(&candidate.cell, reason);
        divided.shares.insert(candidate.cell.clone(), share);
    }
    divided
}

#[cfg(test)]
mod tests;
