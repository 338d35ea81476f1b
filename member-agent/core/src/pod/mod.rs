//! What a pod looks like from here: the few facts that decisions rest on, and when it counts as what.

mod problem;
mod view;

pub use problem::{Problem, problem, worst};
pub use view::{ContainerView, PodView, Scheduling};
