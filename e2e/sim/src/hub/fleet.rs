//! The fleet of every run: three clusters with two cells each, units as in the playground.

use federation_core::cluster::{Readiness, judge_readiness};
use federation_core::{CellView, ClusterView, Fleet, Reach, UnitView};
use model::selector::Labels;
use model::{CellName, ClusterName, Side, SiteName, Timestamp, UnitName, Weight};

use super::Store;

/// Cell, unit, side, cluster.
pub(crate) const CELLS: [(&str, &str, Side, &str); 6] = [
    ("rz00a", "rz00", Side::A, "hz-a"),
    ("rz00b", "rz00", Side::B, "hz-b"),
    ("rz01a", "rz01", Side::A, "hz-a"),
    ("rz01b", "rz01", Side::B, "hz-b"),
    ("rz82a", "rz82", Side::A, "sh-a"),
    ("rz82b", "rz82", Side::B, "sh-a"),
];

/// Seconds between heartbeats.
const HEARTBEAT_SECONDS: u32 = 5;

/// A name out of the tables here.
pub(crate) fn cluster(name: &str) -> ClusterName {
    ClusterName::new(name).expect("names of the fleet are names")
}

/// A name out of the tables here.
pub(crate) fn cell(name: &str) -> CellName {
    CellName::new(name).expect("names of the fleet are names")
}

/// A name out of the tables here.
pub(crate) fn unit(name: &str) -> UnitName {
    UnitName::new(name).expect("names of the fleet are names")
}

/// What a replica knows of the fleet.
pub(crate) fn fleet(store: &Store, now: Timestamp) -> Fleet {
    let mut fleet = Fleet::default();
    for (name, entry) in &store.members {
        let reach = match judge_readiness(entry.heard, HEARTBEAT_SECONDS, now) {
            _ if entry.is_suspended => Reach::Suspended,
            Readiness::Ready { .. } => Reach::Ready,
            Readiness::Unknown { since, .. } => Reach::Unknown { since },
            Readiness::NeverHeard => Reach::NotJoined,
        };
        fleet.add_cluster(ClusterView {
            name: name.clone(),
            site: SiteName::new(name.as_str()).expect("names of the fleet are names"),
            labels: Labels::default(),
            taints: Vec::new(),
            reach,
        });
    }
    for (name, of, side, place) in CELLS {
        fleet.add_unit(UnitView { name: unit(of), template_unit: None });
        fleet.add_cell(CellView {
            name: cell(name),
            label: cell(name).default_label(),
            unit: unit(of),
            side,
            cluster: cluster(place),
            labels: Labels::default(),
            weight: Weight(50),
            free: None,
        });
    }
    fleet
}
