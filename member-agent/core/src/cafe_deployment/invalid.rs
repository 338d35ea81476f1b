//! What cannot be planned: a condition with the numbers, and no action at all.

use model::Timestamp;
use model::groups::{GroupError, PinError, ShareError};
use model::names::NameError;

use super::snapshot::{Condition, Deployment, Plan, Seen, Truth};
use super::{names, revision, status};
use crate::template::{OverrideError, render};

/// Why a CafeDeployment cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// Shares do not add up.
    #[error(transparent)]
    Shares(#[from] ShareError),
    /// There are no groups.
    #[error(transparent)]
    Groups(#[from] GroupError),
    /// A cell has no valid name.
    #[error("topology.values: {0}")]
    Cell(#[from] NameError),
    /// A pin is neither a number nor a percentage.
    #[error("topology.unitReplicas[{cell}]: {source}")]
    Pin {
        /// The cell.
        cell: String,
        /// What is wrong.
        #[source]
        source: PinError,
    },
    /// An override does not fit.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// Two cells lead to the same name of a set.
    #[error("topology.values: cells {first} and {second} both make a set named {name}: rename one of them")]
    SameName {
        /// One cell.
        first: String,
        /// Another.
        second: String,
        /// The name.
        name: String,
    },
    /// The selector would not find the pods.
    #[error(
        "selector.matchLabels has {key}={value}, but the template's label {key} is {found}: make them equal"
    )]
    Selector {
        /// The label.
        key: String,
        /// Its value in the selector.
        value: String,
        /// Its value in the template.
        found: String,
    },
    /// The selector finds everything.
    #[error(
        "selector.matchLabels is empty and would take every pod: name at least one label of the template"
    )]
    EmptySelector,
    /// A running application cannot change what holds its pods.
    #[error(
        "podSetType cannot change from {from:?} to {to:?} while {sets} sets exist: make a new CafeDeployment"
    )]
    PodSetType {
        /// What is there.
        from: super::PodSetType,
        /// What is asked for.
        to: super::PodSetType,
        /// Sets that are there.
        sets: usize,
    },
    /// The pods cannot take the change in place and may not be made anew.
    #[error(
        "strategy.podUpgradePolicy is InPlaceOnly, but {field} cannot change in a running pod: change only images, labels and annotations, or allow InPlaceIfPossible"
    )]
    InPlaceOnly {
        /// The field.
        field: String,
    },
    /// A rollback names a revision that is not kept.
    #[error(
        "{annotation} asks for revision {asked}, which is not in the history: it has {known}",
        annotation = "apps.cafefed.dev/rollback-to"
    )]
    Rollback {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
}

/// Checks what concerns one object only, before anything is decided.
pub(super) fn check(deployment: &Deployment, seen: &Seen) -> Result<(), Invalid> {
    if deployment.match_labels.is_empty() {
        return Err(Invalid::EmptySelector);
    }
    for (key, value) in &deployment.match_labels {
        let labels = deployment.template.pointer("/metadata/labels");
        let found = labels.and_then(|labels| labels.get(key)).and_then(|value| value.as_str());
        if found != Some(value) {
            let (key, value) = (key.clone(), value.clone());
            return Err(Invalid::Selector { key, value, found: found.unwrap_or("absent").to_owned() });
        }
    }
    let other = seen.sets.iter().filter(|set| set.set_type != deployment.pod_set_type);
    if let Some(first) = other.clone().next() {
        let (from, to) = (first.set_type, deployment.pod_set_type);
        return Err(Invalid::PodSetType { from, to, sets: other.count() });
    }
    check_cells(deployment)
}

fn check_cells(deployment: &Deployment) -> Result<(), Invalid> {
    let cells = deployment.cells.as_deref().unwrap_or_default();
    for (place, cell) in cells.iter().enumerate() {
        let name = names::set_name(&deployment.name, Some(cell));
        let same = cells[..place].iter().find(|first| names::set_name(&deployment.name, Some(first)) == name);
        if let Some(first) = same.filter(|first| *first != cell) {
            return Err(Invalid::SameName { first: first.clone(), second: cell.clone(), name });
        }
    }
    for (index, change) in deployment.overrides.iter().enumerate() {
        for cell in &change.cells {
            if !cells.contains(cell) {
                return Err(OverrideError::UnknownCell { index, cell: cell.clone() }.into());
            }
            render(&deployment.template, &deployment.overrides, cell)?;
        }
    }
    Ok(())
}

/// The plan of an invalid object: its status says why, and its sets are left alone.
pub(super) fn plan(deployment: &Deployment, seen: &Seen, invalid: &Invalid, now: Timestamp) -> Plan {
    let mut next = seen.status.clone();
    next.observed_generation = deployment.generation;
    status::count_totals(&mut next, seen, &revision::name(deployment), deployment.min_ready_seconds, now);
    let condition = Condition {
        kind: "Invalid".into(),
        truth: Truth::True,
        reason: "Invalid".into(),
        message: invalid.to_string(),
        since: now,
    };
    status::set_condition(&mut next.conditions, condition);
    Plan { status: next, ..Plan::default() }
}
