//! Workloads in member clusters: group `apps.cafefed.dev`.

mod cafe_deployment;
mod in_place_set;

pub use cafe_deployment::*;
pub use in_place_set::*;
