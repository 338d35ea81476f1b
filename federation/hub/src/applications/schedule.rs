//! In which cells, and how many in each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crds::convert::selector;
use crds::federation::{
    DivisionBy, DivisionType, FederatedDeployment, Placement as Written, Toleration as WrittenToleration,
    Work,
};
use federation_core::CellView;
use federation_core::division::{Bounds, Candidate, Divided, Division, WeightedBy, divide, weights};
use federation_core::overrides::Place;
use federation_core::placement::{Chosen, Placement, Toleration, place};
use federation_core::status::SchedulingError;
use model::{CellName, ClusterName, UnitName};

use super::Refusal;
use crate::observe::{FleetFacts, Rules};
use crate::works::present;

/// Where an application runs.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// Replicas by cluster and cell.
    pub shares: BTreeMap<ClusterName, BTreeMap<CellName, u32>>,
    /// Every cell with what it can be selected by.
    pub places: Vec<Place>,
    /// Replicas without a cell.
    pub unplaced: u32,
    /// Why cells have what they have, or are not chosen.
    pub reasons: String,
    /// Names in the spec that nothing has.
    pub unknown: Vec<String>,
}

impl Schedule {
    /// The share and the cluster of each cell.
    pub(super) fn by_cell(&self) -> BTreeMap<CellName, (ClusterName, u32)> {
        let cells = self.shares.iter().flat_map(|(cluster, cells)| {
            cells.iter().map(|(cell, share)| (cell.clone(), (cluster.clone(), *share)))
        });
        cells.collect()
    }

    /// The division as one comparable text.
    pub(super) fn shape(&self, is_counted: bool) -> String {
        let cells = self.by_cell();
        let text = |(cell, (_, share)): (&CellName, &(ClusterName, u32))| match is_counted {
            true => format!("{cell}={share}"),
            false => cell.to_string(),
        };
        cells.iter().map(text).collect::<Vec<_>>().join(",")
    }
}

/// What a placement says, in the core's words.
pub(crate) fn placement(written: &Written) -> Result<Placement, Refusal> {
    let invalid = |field, message: String| Refusal::InvalidSpec { field, message };
    let units: Result<Vec<UnitName>, _> =
        written.units.iter().map(|unit| UnitName::new(unit.as_str())).collect();
    let select = |field, from: &Option<_>| {
        from.as_ref().map(selector).transpose().map_err(|e| invalid(field, e.to_string()))
    };
    Ok(Placement {
        units: units.map_err(|e| invalid("spec.placement.units", e.to_string()))?,
        cells: select("spec.placement.cells", &written.cells)?,
        clusters: select("spec.placement.clusters", &written.clusters)?,
        tolerations: written.tolerations.iter().map(toleration).collect(),
    })
}

fn toleration(written: &WrittenToleration) -> Toleration {
    match (&written.key, &written.value) {
        (key, _) if key.is_empty() => Toleration::Everything,
        (key, None) => Toleration::Exists { key: key.clone() },
        (key, Some(value)) => Toleration::Equal { key: key.clone(), value: value.clone() },
    }
}

/// Chooses cells and divides replicas over them.
pub(super) fn schedule(
    app: &FederatedDeployment,
    works: &BTreeMap<ClusterName, Arc<Work>>,
    fleet: &FleetFacts,
    rules: &Rules,
) -> Result<Schedule, Refusal> {
    let wanted = placement(&app.spec.placement)?;
    let chosen = place(&wanted, &fleet.fleet, &present(works, fleet))
        .map_err(|error| Refusal::Unscheduled { error: error.into(), rejected: String::new() })?;
    let rejected = chosen.rejected().to_string();
    let replicas = u32::try_from(app.spec.replicas).map_err(|_| Refusal::InvalidSpec {
        field: "spec.replicas",
        message: format!("{} is negative", app.spec.replicas),
    })?;
    let before = shares_before(works, fleet);
    let divided = divided(app, replicas, &chosen, &before, fleet, rules, &rejected)?;
    if chosen.cells.is_empty() && replicas > 0 {
        let error = federation_core::division::DivisionError::NoCells { replicas }.into();
        return Err(Refusal::Unscheduled { error, rejected });
    }
    let mut shares: BTreeMap<ClusterName, BTreeMap<CellName, u32>> = BTreeMap::new();
    for (cell, cluster) in &chosen.cells {
        // A cell that was not divided over keeps what it has: it is not declared any more, and nobody said why.
        let share = divided.shares.get(cell).or_else(|| before.get(cell)).copied().unwrap_or(0);
        shares.entry(cluster.clone()).or_default().insert(cell.clone(), share);
    }
    let reasons = [divided.report.to_string(), rejected].into_iter().filter(|text| !text.is_empty());
    Ok(Schedule {
        shares,
        places: places(&chosen, fleet),
        unplaced: divided.unplaced,
        reasons: reasons.collect::<Vec<_>>().join("; "),
        unknown: unknown_weights(app, fleet),
    })
}

fn divided(
    app: &FederatedDeployment,
    replicas: u32,
    chosen: &Chosen,
    before: &BTreeMap<CellName, u32>,
    fleet: &FleetFacts,
    rules: &Rules,
    rejected: &str,
) -> Result<Divided, Refusal> {
    let division = &app.spec.placement.division;
    let present = |cell: &CellName| before.get(cell).copied().unwrap_or(0);
    let declared: Vec<CellView> = chosen
        .cells
        .keys()
        .filter_map(|cell| fleet.fleet.cells.get(cell))
        .map(|view| roomy(view, present(&view.name)))
        .collect();
    let weights = weigh(app, &declared, rules)?;
    let kept: u32 = chosen.cells.keys().filter(|cell| !weights.contains_key(*cell)).map(present).sum();
    let candidates: Vec<Candidate> = weights
        .into_iter()
        .map(|(cell, weight)| Candidate { present: present(&cell), cell, weight: Some(weight), limit: None })
        .collect();
    let number = |bound: Option<i32>| bound.and_then(|bound| u32::try_from(bound).ok());
    let how = match division.type_ {
        DivisionType::Duplicated => Division::Duplicated,
        DivisionType::Weighted => Division::Weighted {
            bounds: Bounds {
                min: number(division.min).unwrap_or(0),
                max: number(division.max).unwrap_or(u32::MAX),
            },
            avoid_disruption: division.avoid_disruption,
        },
    };
    let to_divide = match division.type_ {
        DivisionType::Duplicated => replicas,
        DivisionType::Weighted => replicas.saturating_sub(kept),
    };
    divide(to_divide, how, &candidates).map_err(|error| Refusal::Unscheduled {
        error: SchedulingError::Division(error),
        rejected: rejected.to_owned(),
    })
}

/// The cell with room that counts its own pods too: else a cell would weigh less for having been chosen, and one that
/// is not heard would weigh nothing (I21).
fn roomy(view: &CellView, present: u32) -> CellView {
    CellView { free: Some(view.free.unwrap_or(0).saturating_add(present)), ..view.clone() }
}

fn weigh(
    app: &FederatedDeployment,
    cells: &[CellView],
    rules: &Rules,
) -> Result<BTreeMap<CellName, u32>, Refusal> {
    let division = &app.spec.placement.division;
    match division.by {
        DivisionBy::Static if division.weights.is_empty() => {
            Ok(cells.iter().map(|cell| (cell.name.clone(), 1)).collect())
        }
        DivisionBy::Static => {
            let given = division.weights.iter();
            let given =
                given.filter_map(|(cell, weight)| Some((CellName::from_any_case(cell).ok()?, *weight)));
            Ok(weights(&WeightedBy::Static(&given.collect()), cells))
        }
        DivisionBy::Capacity => Ok(weights(&WeightedBy::Capacity, cells)),
        DivisionBy::Traffic => match rules {
            Rules::InForce(rules) => Ok(weights(&WeightedBy::Traffic(rules), cells)),
            Rules::None => Err(Refusal::NoRules(
                "division by Traffic needs rules in force and none are: run fedctl unit commit".to_owned(),
            )),
            Rules::Broken(error) => {
                Err(Refusal::NoRules(format!("division by Traffic needs rules in force: {error}")))
            }
        },
    }
}

fn shares_before(works: &BTreeMap<ClusterName, Arc<Work>>, fleet: &FleetFacts) -> BTreeMap<CellName, u32> {
    let mut before = BTreeMap::new();
    for (cluster, work) in works.iter().filter(|(_, work)| work.metadata.deletion_timestamp.is_none()) {
        for (label, share) in &work.spec.difference.cells {
            if let Some(cell) = fleet.cell(cluster, label) {
                before.insert(cell, u32::try_from(*share).unwrap_or(0));
            }
        }
    }
    before
}

pub(crate) fn places(chosen: &Chosen, fleet: &FleetFacts) -> Vec<Place> {
    let place = |(cell, cluster): (&CellName, &ClusterName)| {
        let view = fleet.fleet.cells.get(cell)?;
        let site = fleet.fleet.clusters.get(cluster)?.site.clone();
        Some(Place { cell: cell.clone(), unit: view.unit.clone(), cluster: cluster.clone(), site })
    };
    chosen.cells.iter().filter_map(place).collect()
}

fn unknown_weights(app: &FederatedDeployment, fleet: &FleetFacts) -> Vec<String> {
    let is_known =
        |cell: &str| CellName::from_any_case(cell).is_ok_and(|cell| fleet.fleet.cells.contains_key(&cell));
    let weights = app.spec.placement.division.weights.keys().filter(|cell| !is_known(cell));
    weights
        .map(|cell| format!("placement.division.weights names cell {cell}, which is not declared"))
        .collect()
}
