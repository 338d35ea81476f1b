//! What the agent reports of its cluster: version, nodes, cells and the room in them.

mod capacity;
mod quantity;
mod reporter;

pub use capacity::{NodeRoom, PodRequest, cells};
pub use quantity::{Quantity, parse_quantity};
pub use reporter::Reporter;
