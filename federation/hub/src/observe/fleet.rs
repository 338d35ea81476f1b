//! Clusters, units and cells as the core sees them.

use std::collections::{BTreeMap, BTreeSet};

use crds::federation::MemberCluster;
use crds::ldc::{DeployUnit, LogicalUnit, Side};
use federation_core::fleet::Taint;
use federation_core::{CellView, ClusterView, Fleet, Reach, UnitView};
use k8s_openapi::jiff;
use kube::ResourceExt;
use model::{CellLabel, CellName, ClusterName, NameError, SiteName, Timestamp, UnitName, Weight};

use crate::conditions;

/// The fleet, and which cell a node label of a cluster stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetFacts {
    /// For decisions.
    pub fleet: Fleet,
    /// Cells by cluster and value of the node label.
    pub cells: BTreeMap<(ClusterName, String), CellName>,
    /// Clusters that are being removed. What becomes of their Works is decided by the member's `onRemove`, not by
    /// the policy of an application that has to leave them.
    pub departing: BTreeSet<ClusterName>,
}

impl FleetFacts {
    /// Puts a view together. Objects whose names or references are no names are left out: admission refuses them, and
    /// nobody can place anything there.
    pub fn of<'a>(
        clusters: impl Iterator<Item = &'a MemberCluster>,
        units: impl Iterator<Item = &'a LogicalUnit>,
        cells: impl Iterator<Item = &'a DeployUnit>,
    ) -> Self {
        let mut facts = Self::default();
        let mut free: BTreeMap<(ClusterName, String), u32> = BTreeMap::new();
        for cluster in clusters {
            let Ok(view) = cluster_view(cluster) else { continue };
            for cell in cluster.status.iter().flat_map(|status| &status.cells) {
                if let Some(pods) = cell.free.get("pods").and_then(|pods| pods.parse().ok()) {
                    free.insert((view.name.clone(), cell.name.clone()), pods);
                }
            }
            if cluster.metadata.deletion_timestamp.is_some() {
                facts.departing.insert(view.name.clone());
            }
            facts.fleet.add_cluster(view);
        }
        for unit in units {
            if let Ok(view) = unit_view(unit) {
                facts.fleet.add_unit(view);
            }
        }
        for cell in cells {
            let Ok(mut view) = cell_view(cell) else { continue };
            let place = (view.cluster.clone(), view.label.as_str().to_owned());
            view.free = free.get(&place).copied();
            facts.cells.insert(place, view.name.clone());
            facts.fleet.add_cell(view);
        }
        facts
    }

    /// The cell that a node label of a cluster stands for. One that is not declared (any more) is named by its label
    /// in lower case, as the default label is made the other way round.
    pub fn cell(&self, cluster: &ClusterName, label: &str) -> Option<CellName> {
        let known = self.cells.get(&(cluster.clone(), label.to_owned())).cloned();
        known.or_else(|| CellName::from_any_case(label).ok())
    }

    /// The node label of a cell.
    pub fn label(&self, cell: &CellName) -> String {
        match self.fleet.cells.get(cell) {
            Some(view) => view.label.as_str().to_owned(),
            None => cell.default_label().as_str().to_owned(),
        }
    }

    /// Whether an application could be placed differently than in `other`. Free room is left out: it changes with
    /// every pod, and what runs does not move for it.
    pub fn places_as(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.fleet, &other.fleet);
        let same = |a: &CellView, b: &CellView| {
            CellView { free: None, ..a.clone() } == CellView { free: None, ..b.clone() }
        };
        mine.clusters == theirs.clusters
            && self.departing == other.departing
            && mine.units == theirs.units
            && self.cells == other.cells
            && mine.cells.len() == theirs.cells.len()
            && mine.cells.values().zip(theirs.cells.values()).all(|(a, b)| same(a, b))
    }
}

/// Stands for the site of a cluster that names none.
const NO_SITE: &str = "unnamed-site";

fn cluster_view(cluster: &MemberCluster) -> Result<ClusterView, NameError> {
    let taints = cluster.spec.taints.iter();
    Ok(ClusterView {
        name: ClusterName::new(cluster.name_any())?,
        // A cluster whose site was not said yet can hold workloads; no override by site matches it.
        site: SiteName::new(if cluster.spec.site.is_empty() { NO_SITE } else { &cluster.spec.site })?,
        labels: cluster.labels().clone(),
        taints: taints.map(|taint| Taint { key: taint.key.clone(), value: taint.value.clone() }).collect(),
        reach: reach(cluster),
    })
}

/// Whether the cluster is there, from what the hub has written down about it. One that is on its way out takes
/// nothing new.
fn reach(cluster: &MemberCluster) -> Reach {
    let none = Vec::new();
    let held = cluster.status.as_ref().map_or(&none, |status| &status.conditions);
    let is_true = |type_| conditions::find(held, type_).is_some_and(|condition| condition.status == "True");
    if !is_true("Joined") || cluster.metadata.deletion_timestamp.is_some() {
        return Reach::NotJoined;
    }
    if cluster.spec.suspended {
        return Reach::Suspended;
    }
    if is_true("Ready") {
        return Reach::Ready;
    }
    let heard =
        cluster.status.as_ref().and_then(|status| status.last_heartbeat.parse::<jiff::Timestamp>().ok());
    let changed = conditions::find(held, "Ready").map(|condition| condition.last_transition_time.0);
    let since = heard.or(changed).map_or(0, |at| at.as_millisecond());
    Reach::Unknown { since: Timestamp::from_millis(since) }
}

fn unit_view(unit: &LogicalUnit) -> Result<UnitView, NameError> {
    Ok(UnitView {
        name: UnitName::new(unit.name_any())?,
        template_unit: unit.spec.template_unit.as_deref().map(UnitName::new).transpose()?,
    })
}

fn cell_view(cell: &DeployUnit) -> Result<CellView, NameError> {
    Ok(CellView {
        name: CellName::new(cell.name_any())?,
        label: CellLabel::new(cell.node_label_value())?,
        unit: UnitName::new(cell.spec.unit.as_str())?,
        side: match cell.spec.side {
            Side::A => model::Side::A,
            Side::B => model::Side::B,
        },
        cluster: ClusterName::new(cell.spec.cluster.as_str())?,
        labels: cell.labels().clone(),
        weight: Weight(u32::try_from(cell.spec.weight).unwrap_or(0)),
        free: None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use crds::federation::{CellCapacity, MemberClusterSpec, MemberClusterStatus};
    use crds::ldc::{DeployUnitSpec, LogicalUnitSpec};

    use super::*;

    pub(crate) fn cluster(name: &str, ready: bool) -> MemberCluster {
        let mut cluster =
            MemberCluster::new(name, MemberClusterSpec { site: name.into(), ..Default::default() });
        let mut status =
            MemberClusterStatus { last_heartbeat: "2026-01-01T00:00:00Z".into(), ..Default::default() };
        let now = jiff::Timestamp::UNIX_EPOCH;
        conditions::set(&mut status.conditions, ("Joined", "True", "Joined"), "", 1, now);
        let word = if ready { "True" } else { "Unknown" };
        conditions::set(&mut status.conditions, ("Ready", word, "Heartbeat"), "", 1, now);
        cluster.status = Some(status);
        cluster
    }

    pub(crate) fn unit(name: &str) -> LogicalUnit {
        LogicalUnit::new(name, LogicalUnitSpec::default())
    }

    pub(crate) fn cell(name: &str, cluster: &str) -> DeployUnit {
        let spec = DeployUnitSpec {
            unit: name[..4].to_owned(),
            cluster: cluster.into(),
            weight: 50,
            ..DeployUnitSpec::default()
        };
        DeployUnit::new(name, spec)
    }

    /// Unit rz00 with side A in hz-a and side B in hz-b.
    pub(crate) fn two_clusters(ready_b: bool) -> FleetFacts {
        let clusters = [cluster("hz-a", true), cluster("hz-b", ready_b)];
        let cells = [cell("rz00a", "hz-a"), cell("rz00b", "hz-b")];
        FleetFacts::of(clusters.iter(), [unit("rz00")].iter(), cells.iter())
    }

    #[test]
    fn a_member_on_its_way_out_is_known_as_such() {
        let mut leaving = cluster("hz-b", true);
        let now = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(jiff::Timestamp::UNIX_EPOCH);
        leaving.metadata.deletion_timestamp = Some(now);
        let members = [cluster("hz-a", true), leaving];
        let facts = FleetFacts::of(members.iter(), [unit("rz00")].iter(), [cell("rz00b", "hz-b")].iter());
        assert_eq!(facts.departing.iter().map(ClusterName::as_str).collect::<Vec<_>>(), ["hz-b"]);
        assert!(!facts.places_as(&two_clusters(true)));
    }

    #[test]
    fn reach_follows_the_conditions_of_the_hub() {
        let mut member = cluster("hz-a", true);
        assert_eq!(reach(&member), Reach::Ready);
        member.spec.suspended = true;
        assert_eq!(reach(&member), Reach::Suspended);
        member.status = None;
        assert_eq!(reach(&member), Reach::NotJoined);
        let since = Timestamp::from_seconds(1_767_225_600);
        assert_eq!(reach(&cluster("hz-a", false)), Reach::Unknown { since });
    }

    #[test]
    fn labels_stand_for_cells_and_room_is_no_reason_to_place_again() {
        let facts = two_clusters(true);
        let hz_a = ClusterName::new("hz-a").unwrap();
        assert_eq!(facts.cell(&hz_a, "RZ00A").unwrap().as_str(), "rz00a");
        assert_eq!(
            facts.cell(&hz_a, "RZ09A").unwrap().as_str(),
            "rz09a",
            "one that is not declared any more"
        );
        let mut roomy = cluster("hz-a", true);
        let room = CellCapacity {
            name: "RZ00A".into(),
            free: [("pods".into(), "7".into())].into(),
            ..Default::default()
        };
        roomy.status.as_mut().unwrap().cells = vec![room];
        let cells = [cell("rz00a", "hz-a"), cell("rz00b", "hz-b")];
        let other =
            FleetFacts::of([roomy, cluster("hz-b", true)].iter(), [unit("rz00")].iter(), cells.iter());
        assert_eq!(other.fleet.cells[&CellName::new("rz00a").unwrap()].free, Some(7));
        assert!(other.places_as(&facts));
        assert!(!two_clusters(false).places_as(&facts));
    }
}
