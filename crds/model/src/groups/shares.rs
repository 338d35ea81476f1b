//! How many replicas each cell of an application has: pinned cells first, the rest evenly or as a hub assigned.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::apportion::{Claimant, apportion};
use crate::names::CellLabel;

/// How many replicas a person pinned a cell to (`topology.unitReplicas`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// So many pods.
    Count(u32),
    /// So many hundredths of `replicas`, rounded down.
    Percent(u8),
}

/// Why a text is neither a count nor a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Neither `4` nor `"10%"`.
    #[error("{found:?} is neither a count (4) nor a percentage (\"10%\")")]
    Malformed {
        /// The text, as given.
        found: String,
    },
    /// More than the whole.
    #[error("{percent}% is above 100%")]
    Above100 {
        /// The number before the sign.
        percent: u32,
    },
}

impl Pin {
    /// A percentage of `replicas`; above 100 is refused.
    pub fn percent(percent: u32) -> Result<Self, PinError> {
        match u8::try_from(percent) {
            Ok(small) if small <= 100 => Ok(Self::Percent(small)),
            _ => Err(PinError::Above100 { percent }),
        }
    }

    /// The pods this pin means; percentages are rounded down (02 §3.1).
    #[must_use]
    pub fn of(self, replicas: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            // At most `replicas`, since a percentage is at most 100.
            Self::Percent(percent) => {
                u32::try_from(u64::from(replicas) * u64::from(percent) / 100).unwrap_or(replicas)
            }
        }
    }
}

impl FromStr for Pin {
    type Err = PinError;

    /// Reads `4` or `10%`.
    fn from_str(text: &str) -> Result<Self, PinError> {
        let malformed = || PinError::Malformed { found: text.chars().take(40).collect() };
        let (digits, is_percent) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed());
        }
        let number: u32 = digits.parse().map_err(|_| malformed())?;
        if is_percent { Self::percent(number) } else { Ok(Self::Count(number)) }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// What the shares of one application follow from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharesInput {
    /// Pods of the application in this cluster.
    pub replicas: u32,
    /// Its cells, in the order of `topology.values`: remainders go to the earlier ones.
    pub cells: Vec<CellLabel>,
    /// Cells that a person pinned (`topology.unitReplicas`).
    pub pinned: BTreeMap<CellLabel, Pin>,
    /// A hub's shares (`topology.assigned`): weights of the cells that are not pinned. When they sum to what is
    /// left they are met exactly; when somebody in the member scaled, they keep their proportion. Empty: evenly.
    pub assigned: BTreeMap<CellLabel, u32>,
    /// Cells that cannot have more for now, and how many they have (`autoReschedule`, 02 §3.7): the rest of their
    /// share goes to other cells for as long as the limit is given, and returns when it is not. Never moves a
    /// pinned cell.
    pub limits: BTreeMap<CellLabel, u32>,
}

/// Why a cell has the replicas it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareReason {
    /// A person pinned it.
    Pinned {
        /// To what.
        pin: Pin,
    },
    /// It has an even part of what the pinned cells left.
    Even {
        /// What was left.
        rest: u32,
        /// Cells that share it.
        among: u32,
    },
    /// It has its part of what the pinned cells left, as a hub assigned.
    Assigned {
        /// What the hub assigned to it.
        assigned: u32,
        /// What the hub assigned to all cells that are not pinned.
        of: u64,
    },
    /// It cannot have more for now; others hold what is missing.
    Limited {
        /// What it would have.
        entitled: u32,
    },
    /// It holds places of a limited cell.
    Standing {
        /// What it would have.
        entitled: u32,
    },
}

impl fmt::Display for ShareReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pinned { pin } => write!(f, "pinned to {pin}"),
            Self::Even { rest, among } => write!(f, "even part of {rest} over {among} cells"),
            Self::Assigned { assigned, of } => write!(f, "assigned {assigned} of {of} by the hub"),
            Self::Limited { entitled } => write!(f, "no room for more; its share is {entitled}"),
            Self::Standing { entitled } => {
                write!(f, "stands in for a cell without room; its own share is {entitled}")
            }
        }
    }
}

/// The replicas of one cell, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellShare {
    /// The cell.
    pub cell: CellLabel,
    /// Pods it should have.
    pub replicas: u32,
    /// Why so many.
    pub reason: ShareReason,
}

/// The replicas of every cell, in the order of the cells. They sum to `replicas`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares {
    /// One entry per cell.
    pub cells: Vec<CellShare>,
}

impl Shares {
    /// The share of `cell`, 0 for one that the application does not have.
    #[must_use]
    pub fn of(&self, cell: &str) -> u32 {
        self.cells.iter().find(|share| share.cell.as_str() == cell).map_or(0, |share| share.replicas)
    }

    /// Pods of all cells.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.cells.iter().map(|share| share.replicas).sum()
    }

    /// The shares by cell.
    #[must_use]
    pub fn by_cell(&self) -> BTreeMap<CellLabel, u32> {
        self.cells.iter().map(|share| (share.cell.clone(), share.replicas)).collect()
    }
}

/// Why replicas cannot be shared out; every message has the numbers (02 §3.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// There are replicas and no cell.
    #[error("replicas is {replicas} and topology.values lists no cell: list at least one cell")]
    NoCells {
        /// Replicas asked for.
        replicas: u32,
    },
    /// A cell is listed twice.
    #[error("topology.values lists cell {cell} more than once: remove the repetition")]
    RepeatedCell {
        /// The cell.
        cell: CellLabel,
    },
    /// A pin or an assignment names a cell that the application does not have.
    #[error("topology.{field} names cell {cell}, which topology.values does not list: it lists {known}")]
    UnknownCell {
        /// `unitReplicas` or `assigned`.
        field: &'static str,
        /// The cell.
        cell: CellLabel,
        /// The cells there are, joined by commas.
        known: String,
    },
    /// A percentage above 100.
    #[error("topology.unitReplicas pins cell {cell} to {percent}%: at most 100% is possible")]
    PercentAbove100 {
        /// The cell.
        cell: CellLabel,
        /// The percentage.
        percent: u8,
    },
    /// The pinned cells need more than there is.
    #[error(
        "topology.unitReplicas pins {pinned} replicas ({pins}), but replicas is {replicas}: lower the pins or raise replicas"
    )]
    PinnedAboveReplicas {
        /// Sum of the pins.
        pinned: u64,
        /// The pins, cell by cell.
        pins: String,
        /// Replicas asked for.
        replicas: u32,
    },
    /// All cells are pinned, to another sum.
    #[error(
        "topology.unitReplicas pins all cells to {pinned} replicas in total ({pins}), but replicas is {replicas}: make them equal or leave one cell unpinned"
    )]
    AllPinnedToAnotherSum {
        /// Sum of the pins.
        pinned: u64,
        /// The pins, cell by cell.
        pins: String,
        /// Replicas asked for.
        replicas: u32,
    },
}

/// Shares `replicas` over the cells: pinned cells have their pin, the others share the rest by highest averages
/// over the hub's weights, or evenly with the remainder to the earlier cells.
pub fn shares(input: &SharesInput) -> Result<Shares, ShareError> {
    check_cells(input)?;
    let rest = rest_after_pins(input)?;
    let free: Vec<&CellLabel> = input.cells.iter().filter(|cell| !input.pinned.contains_key(*cell)).collect();
    let weights = free_weights(input, &free);
    let entitled = apportion(rest, &weights);
    let placed = within_limits(input, rest, &free, &weights, &entitled);
    let assigned_total: u64 =
        free.iter().filter_map(|cell| input.assigned.get(*cell)).map(|count| u64::from(*count)).sum();
    let mut free_shares = placed.iter().zip(&entitled);
    let mut cells = Vec::with_capacity(input.cells.len());
    for cell in &input.cells {
        let (replicas, reason) = match input.pinned.get(cell) {
            Some(pin) => (pin.of(input.replicas), ShareReason::Pinned { pin: *pin }),
            None => {
                let (replicas, entitled) = free_shares.next().map_or((0, 0), |(p, e)| (*p, *e));
                let reason = if replicas < entitled {
                    ShareReason::Limited { entitled }
                } else if replicas > entitled {
                    ShareReason::Standing { entitled }
                } else if assigned_total > 0 {
                    let assigned = input.assigned.get(cell).copied().unwrap_or(0);
                    ShareReason::Assigned { assigned, of: assigned_total }
                } else {
                    ShareReason::Even { rest, among: u32::try_from(free.len()).unwrap_or(u32::MAX) }
                };
                (replicas, reason)
            }
        };
        cells.push(CellShare { cell: cell.clone(), replicas, reason });
    }
    Ok(Shares { cells })
}

fn check_cells(input: &SharesInput) -> Result<(), ShareError> {
    let mut seen = BTreeMap::new();
    for cell in &input.cells {
        if seen.insert(cell, ()).is_some() {
            return Err(ShareError::RepeatedCell { cell: cell.clone() });
        }
    }
    let unknown = |field, cell: &CellLabel| ShareError::UnknownCell {
        field,
        cell: cell.clone(),
        known: match input.cells.is_empty() {
            true => "none".to_owned(),
            false => input.cells.iter().map(CellLabel::as_str).collect::<Vec<_>>().join(", "),
        },
    };
    for (cell, pin) in &input.pinned {
        if !seen.contains_key(cell) {
            return Err(unknown("unitReplicas", cell));
        }
        if let Pin::Percent(percent @ 101..) = *pin {
            return Err(ShareError::PercentAbove100 { cell: cell.clone(), percent });
        }
    }
    match input.assigned.keys().find(|cell| !seen.contains_key(cell)) {
        Some(cell) => Err(unknown("assigned", cell)),
        None => Ok(()),
    }
}

fn rest_after_pins(input: &SharesInput) -> Result<u32, ShareError> {
    let replicas = input.replicas;
    if input.cells.is_empty() {
        return if replicas == 0 { Ok(0) } else { Err(ShareError::NoCells { replicas }) };
    }
    let pinned: u64 = input.pinned.values().map(|pin| u64::from(pin.of(replicas))).sum();
    let pins = || {
        let one = |(cell, pin): (&CellLabel, &Pin)| match pin {
            Pin::Count(count) => format!("{cell} {count}"),
            Pin::Percent(_) => format!("{cell} {pin} = {}", pin.of(replicas)),
        };
        input.pinned.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    match u32::try_from(pinned).ok().and_then(|pinned| replicas.checked_sub(pinned)) {
        None => Err(ShareError::PinnedAboveReplicas { pinned, pins: pins(), replicas }),
        Some(rest) if rest > 0 && input.pinned.len() == input.cells.len() => {
            Err(ShareError::AllPinnedToAnotherSum { pinned, pins: pins(), replicas })
        }
        Some(rest) => Ok(rest),
    }
}

/// The hub's weights, or equal ones when it gave none that count.
fn free_weights(input: &SharesInput, free: &[&CellLabel]) -> Vec<Claimant> {
    let assigned = |cell: &CellLabel| input.assigned.get(cell).copied().unwrap_or(0);
    let evenly = free.iter().all(|cell| assigned(cell) == 0);
    free.iter().map(|cell| Claimant::of_weight(if evenly { 1 } else { assigned(cell) })).collect()
}

/// Moves what limited cells cannot hold to the others. Nobody who is not limited goes below what it is entitled
/// to, and what no cell can hold stays with those it belongs to, where its pods wait.
fn within_limits(
    input: &SharesInput,
    rest: u32,
    free: &[&CellLabel],
    weights: &[Claimant],
    entitled: &[u32],
) -> Vec<u32> {
    let limit = |cell: &CellLabel| input.limits.get(cell).copied();
    if !free.iter().zip(entitled).any(|(cell, entitled)| limit(cell).is_some_and(|limit| limit < *entitled)) {
        return entitled.to_vec();
    }
    let bounded: Vec<Claimant> = free
        .iter()
        .zip(weights.iter().zip(entitled))
        .map(|(cell, (claimant, entitled))| match limit(cell) {
            Some(limit) => claimant.at_least(limit.min(*entitled)).at_most(limit.min(*entitled)),
            // A cell of weight 0 is not asked to stand in: the hub gave it nothing on purpose.
            None => claimant.at_least(*entitled),
        })
        .collect();
    let mut placed = apportion(rest, &bounded);
    let mut missing = rest.saturating_sub(placed.iter().sum());
    for (placed, entitled) in placed.iter_mut().zip(entitled) {
        let back = missing.min(entitled.saturating_sub(*placed));
        *placed += back;
        missing -= back;
    }
    placed
}
