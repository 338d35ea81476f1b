//! Pure decisions of the hub: a snapshot goes in, a plan and its reasons come out.
//!
//! Nothing here knows Kubernetes, a clock (`now` is an argument), a random source, a hash order, or IO. The shell
//! takes the snapshot and carries the plan out; a plan leaves it no choice.
//!
//! Reading order: [`fleet`] is what decisions are made from, [`report`] how they give their reasons; then one
//! folder per subject, in the order of an application's life: [`placement`] → [`division`] → [`overrides`] →
//! [`work`] → [`release`] → [`status`]. [`cluster`] decides about members.

pub mod cluster;
pub mod division;
pub mod fleet;
pub mod overrides;
pub mod placement;
pub mod release;
pub mod report;
pub mod status;
pub mod work;

pub use fleet::{CellView, ClusterView, Fleet, Reach, UnitView};
pub use report::{Finding, Report};
