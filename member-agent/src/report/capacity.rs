//! Room per cell: what its ready nodes can hold minus what pods on them request. Pure.

use std::collections::BTreeMap;

use crds::federation::CellCapacity;

use super::quantity::{Quantity, show};

/// What counts of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeRoom {
    /// Value of the cell label; nodes without one belong to no cell.
    pub cell: Option<String>,
    /// Ready and schedulable.
    pub ready: bool,
    /// Allocatable by resource.
    pub allocatable: BTreeMap<&'static str, Quantity>,
}

/// What counts of a pod that runs or will run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodRequest {
    /// Requested cpu.
    pub cpu: Quantity,
    /// Requested memory.
    pub memory: Quantity,
}

/// The cells of a cluster, in the order of names.
pub fn cells<'a>(
    nodes: &BTreeMap<String, NodeRoom>,
    pods: impl Iterator<Item = (&'a str, PodRequest)>,
) -> Vec<CellCapacity> {
    let mut found: BTreeMap<&str, Cell> = BTreeMap::new();
    for node in nodes.values() {
        let Some(cell) = &node.cell else { continue };
        let cell = found.entry(cell).or_default();
        if !node.ready {
            continue;
        }
        cell.nodes += 1;
        for (resource, amount) in &node.allocatable {
            *cell.total.entry(resource).or_default() += amount;
        }
    }
    for (node, request) in pods {
        let Some(node) = nodes.get(node).filter(|node| node.ready) else { continue };
        let Some(cell) = node.cell.as_deref().and_then(|cell| found.get_mut(cell)) else { continue };
        *cell.used.entry("cpu").or_default() += request.cpu;
        *cell.used.entry("memory").or_default() += request.memory;
        *cell.used.entry("pods").or_default() += 1000;
    }
    found.into_iter().map(|(name, cell)| cell.report(name)).collect()
}

#[derive(Default)]
struct Cell {
    nodes: i32,
    total: BTreeMap<&'static str, Quantity>,
    used: BTreeMap<&'static str, Quantity>,
}

impl Cell {
    fn report(&self, name: &str) -> CellCapacity {
        let free = self.total.iter().map(|(resource, total)| {
            let free = (total - self.used.get(resource).copied().unwrap_or_default()).max(0);
            ((*resource).to_owned(), show(resource, free))
        });
        let total =
            self.total.iter().map(|(resource, total)| ((*resource).to_owned(), show(resource, *total)));
        CellCapacity {
            name: name.to_owned(),
            nodes: self.nodes,
            free: free.collect(),
            total: total.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(cell: &str, ready: bool) -> NodeRoom {
        NodeRoom {
            cell: Some(cell.into()),
            ready,
            allocatable: [("cpu", 4000), ("memory", 8 * 1000 * (1 << 30)), ("pods", 110_000)].into(),
        }
    }

    #[test]
    fn requests_are_subtracted_from_the_ready_nodes_of_their_cell() {
        let nodes: BTreeMap<String, NodeRoom> = [
            ("n1".to_owned(), node("RZ00A", true)),
            ("n2".to_owned(), node("RZ00A", false)),
            ("n3".to_owned(), node("RZ01A", true)),
            ("n4".to_owned(), NodeRoom::default()),
        ]
        .into();
        let request = PodRequest { cpu: 500, memory: 1000 * (1 << 30) };
        let pods = [("n1", request), ("n1", request), ("n2", request), ("n4", request), ("gone", request)];
        let cells = cells(&nodes, pods.into_iter());
        assert_eq!(cells.len(), 2);
        assert_eq!((cells[0].name.as_str(), cells[0].nodes), ("RZ00A", 1));
        assert_eq!(cells[0].free["cpu"], "3");
        assert_eq!(cells[0].free["memory"], "6144Mi");
        assert_eq!(cells[0].free["pods"], "108");
        assert_eq!(cells[1].free, cells[1].total);
    }
}
